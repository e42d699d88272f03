"""The structure of the formal network as tables of the report: what is conserved, what may run dry, and what is never there.

Nothing is found out here; see `crn.structure`.
"""

from __future__ import annotations

from compiler.report.tables import Table
from compiler.report.wording import NONE, number
from compiler.sources import Source
from crn.network import CRN, Species, Units
from crn.structure import Law, Siphon, minimal_siphons, non_negative_laws, reachable_species

MOST = 40
"""Rows of a table; the shortest sums and the smallest sets are shown."""


def structure_tables(source: Source) -> tuple[Table, ...]:
    """Return the conserved sums and the minimal siphons of the formal network, where it has any."""
    crn, circuit = source.crn, source.circuit
    start = dict(crn.initial)
    laws = non_negative_laws(crn)
    phases = (*circuit.phases, *circuit.batch_end) if circuit is not None else ()
    added = [s for p in phases for s, _ in p.add]
    siphons = minimal_siphons(crn, added)
    units = "formal units" if crn.units is Units.FORMAL else "M"
    found = []
    if laws:
        shown = sorted(laws, key=len)[:MOST]
        rows = ((_sum(law), number(sum(n * start.get(s, 0.0) for s, n in law))) for law in shown)
        caption = f"Sums that no reaction changes{_some(len(shown), len(laws))}; what is added raises them"
        found.append(Table(caption, ("sum", f"#at the start, {units}"), tuple(rows)))
    if siphons.found:
        smallest = sorted(siphons.found, key=lambda s: len(s.species))[:MOST]
        some = (
            _some(len(smallest), len(siphons.found))
            if siphons.complete
            else "; the search was stopped, there may be more"
        )
        found.append(
            Table(
                f"Siphons: species that stay gone once all of them are gone{some}",
                ("species", "at the start or added", "what keeps some of them there"),
                tuple(("{" + ", ".join(s.species) + "}", ", ".join(s.filled) or NONE, _fate(s)) for s in smallest),
            )
        )
    present = reachable_species(crn, added)
    absent = [s for s in crn.species if s not in present]
    if present and absent:
        found.append(
            Table(
                f"Species that no reaction ever makes from what is there or added{_some(min(len(absent), MOST), len(absent))}",
                ("species", "reactions that never fire for want of it"),
                tuple((s, _idle(crn, s)) for s in absent[:MOST]),
            )
        )
    return tuple(found)


def _idle(crn: CRN, species: Species) -> str:
    """Return some of the reactions that need a species."""
    users = [r.equation for r in crn.reactions if species in r.reactants]
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return (", ".join(users[:3]) or NONE) + more


def _sum(law: Law) -> str:
    """Return a law as a sum: ``A + 2 B − C``."""
    terms = [f"{'−' if n < 0 else '+'} {s if abs(n) == 1 else f'{abs(n)} {s}'}" for s, n in law]
    return " ".join(terms).removeprefix("+ ")


def _fate(siphon: Siphon) -> str:
    if siphon.law:
        return f"{_sum(siphon.law)} is conserved"
    return "nothing but additions" if siphon.runs_dry else "none is ever there"


def _some(shown: int, found: int) -> str:
    return f"; {shown} of {found}" if shown < found else ""
