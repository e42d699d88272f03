"""The table of circuits as a page of Markdown, from the figures that `compiler.circuits_table` measures.

Nothing is found out here but medians.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

Row = Mapping[str, Any]

HEAD: Final = """\
# Circuits

Every circuit of R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034, that has a stored result, and this project's own on
the same tasks. Made by `strandwright circuits --table -o docs`; the figures themselves are in `circuits.json` beside this page, and
`--only NAME` measures some rows anew, `--level formal` or `--level dna` a part of them.

* **authors**: the figures of their single runs on draws of their own, quoted as such; their sizes are those of the full set of
  stages at the same dimensions. Only the data of the linear regression are theirs.
* **form**: *staged* is the procedure as they simulate it and *two-phase* its compact form, both from one seed; *tube* is add-only,
  without any flush, and its figures are medians of several draws of data and initial parameters (their number is said), with the
  range beside.
* **reactions, species, order** count everything, clock species included. A staged circuit has a clock species in each reaction,
  which raises its order by one.
* **NumPy, CRN**: the training loss of the fifth epoch, or of the last of fewer, from the first seed: the same mathematics in plain
  NumPy, and the network of reactions. **off** is the largest relative difference of these epochs. **trained** is the loss of the
  last epoch, read before each update.
* **validation** is the mean of 1/2 (prediction - target)^2 in aliquots of the trained tube; **of noise** is that of the function
  which the samples were made with. **right** is the share of validation samples, and of the points of a grid, in the right class.
* A row without figures was counted and not trained; `--only` does it.
"""

DNA_HEAD: Final = """\
## As DNA

Every tube with the default scheme, trained as DNA from the first seed for as many epochs as said (a large circuit is not followed
to its end), topped up by one mix before every sample. **off** is the largest difference of a parameter between the levels,
relative to how far the farthest parameter went.
"""


def circuits_page(rows: Sequence[Row]) -> str:
    """Return the page; rows as `compiler.circuits_table.measure` returns them."""
    return "\n".join([HEAD, *_learning(rows), "", DNA_HEAD, *_dna(rows), ""])


def _learning(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| circuit | data, epochs | authors | form | reactions | species | order | NumPy | CRN | off | trained "
        "| validation | of noise | right: validation | grid |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    for row in rows:
        first = True
        noise = "" if not row["loss_of_noise"] else _loss(row["loss_of_noise"])
        for form in row.get("forms", ()):
            lead = (row["name"], f"{row['data']}, {row['epochs']}", row["authors"]) if first else ("", "", "")
            first = False
            if "objection" in form:
                lines.append(_line(*lead, form["form"], *["–"] * 11))
                notes.append(f"* {row['name']}, {form['form']}: {form['objection']}.")
                continue
            runs = form["runs"]
            start = runs[0] if runs else {}
            lines.append(
                _line(
                    *lead,
                    form["form"] + (f" ({len(runs)})" if len(runs) > 1 else ""),
                    form["reactions"],
                    form["species"],
                    form["order"],
                    _loss(start.get("numpy_train_loss")),
                    _loss(start.get("crn_train_loss")),
                    f"{start['deviation']:.2%}" if "deviation" in start else "",
                    _loss(start.get("train_loss")),
                    _middle([r["validation_loss"] for r in runs], _loss),
                    noise,
                    _middle([r["accuracy"] for r in runs], _share),
                    _middle([r["map_accuracy"] for r in runs], _share),
                )
            )
            notes += [
                f"* {row['name']}, {row['data']}, {form['form']}, seed {r['seed']}: {r['outcome']}."
                for r in runs
                if not r["outcome"].startswith("done")
            ]
    return [*lines, *(["", *notes] if notes else [])]


def _dna(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| circuit | data | epochs | reactions | species | fuels | lab time | lowest fuel | validation: formal | DNA "
        "| right: formal | DNA | parameters off |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    refused = []
    for row in rows:
        dna = row.get("dna")
        if dna is None:
            continue
        if "objection" in dna:
            refused.append(f"* {row['name']}, {row['data']}: {dna['objection']}.")
            continue
        lines.append(
            _line(
                row["name"],
                row["data"],
                dna["epochs"],
                dna["reactions"],
                dna["species"],
                dna["fuels"],
                f"{dna['lab_time_h']:.0f} h",
                f"{dna['lowest_fuel_fraction']:.0%}",
                _loss(dna["formal"]["validation_loss"]),
                _loss(dna["dna"]["validation_loss"]),
                _share(dna["formal"]["accuracy"]),
                _share(dna["dna"]["accuracy"]),
                f"{dna['parameter_deviation']:.1%}",
            )
        )
    return lines + (["", "Refused, with the objection:", "", *refused] if refused else [])


def _line(*cells: object) -> str:
    return f"| {' | '.join(str(c) for c in cells)} |"


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _middle(values: Sequence[float | None], text: Any) -> str:
    """Return the median, and the range of several."""
    known = [v for v in values if v is not None]
    if not known:
        return ""
    spread = f" ({text(min(known))}–{text(max(known))})" if len(known) > 1 else ""
    return f"{text(median(known))}{spread}"
