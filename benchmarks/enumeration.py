"""The enumerator and Peppercorn side by side: two chains of reactions, enumerated whole and condensed.

Each measurement is a process of its own, ours and Peppercorn's in turn, and counts the CPU time from complexes in memory to
condensed reactions; starting Python and reading the text count for neither. Run ``python -m benchmarks.enumeration``.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from crn.network import Bag, Reaction
from dsd.complexes import Complex, parse_kernel
from dsd.enumeration import EnumerationOptions, enumerate_complexes
from dsd.schemes import SCHEMES
from dsd.schemes.scheme import Fresh

LIMITS = {"max_complexes": 1_000_000, "max_reactions": 2_000_000}
"""So wide that they stop neither."""
TARGETS = {("srinivas", 64): 30.0, ("qian", 8): 100.0}
"""How many times faster we want to be."""


def srinivas(size: int) -> list[Complex]:
    """Return fuels and signals of ``A_k + B_k -> A_{k+1} + C_k`` in srinivas2015, every species with toeholds of its own."""
    (scheme,) = (s for s in SCHEMES if s.name == "srinivas2015")
    fresh = Fresh()
    reactions = [Reaction(f"r{k}", Bag.of(f"A{k}", f"B{k}"), Bag.of(f"A{k + 1}", f"C{k}")) for k in range(size)]
    species = sorted({s for r in reactions for side in (r.reactants, r.products) for s in side.support})
    signals = {s: scheme.signal(s, 1, fresh) for s in species}
    given = [signals[s].strand(signals[s].histories[0]) for s in species]
    for k, reaction in enumerate(reactions):
        gate = scheme.gate(reaction, [f"A{k}", f"B{k}"], signals, fresh)
        given += [m.complex for m in gate.fuels]
    return given


def qian(size: int) -> list[Complex]:
    """Return the same chain in gates in the manner of qian2011, with one toehold ``t`` for all.

    A signal is ``history t recognition``. A gate is one bottom strand with toeholds between all its long domains; along it
    strands are exchanged, first for the reactants, whose backing strands ``recognition t`` are freed, then for a strand
    ``t f`` that frees ``f t g``, then for fuels ``t history`` that free the products. What makes the gate irreversible is
    the sink ``g( + ) t*``, which takes ``f t g`` for good.
    """
    kernels = []
    for k in range(size):
        a, b, c, d, f, g = f"a{k}", f"b{k}", f"c{k}", f"a{k + 1}", f"f{k}", f"g{k}"
        products = f"{c}h( t( {c}r + {d}h( t( {d}r + ) ) ) )"
        kernels.append(f"{a}r( t( + {b}r( t( + {f}( t( {g} + {products} ) ) ) ) ) ) t*")
        kernels += [f"{a}r t", f"{b}r t", f"t {f}", f"{g}( + ) t*", f"t {c}h", f"t {d}h"]
        kernels += [f"{x}h t {x}r" for x in (a, b)]
    kernels.append(f"a{size}h t a{size}r")
    lengths = {name: 5 if name == "t" else 15 for kernel in kernels for name in re.findall(r"\w+", kernel)}
    return [parse_kernel(kernel, lengths) for kernel in kernels]


CHAINS: dict[str, Callable[[int], list[Complex]]] = {"srinivas": srinivas, "qian": qian}


def ours(given: list[Complex]) -> dict[str, Any]:
    """Enumerate and condense with this project."""
    options = EnumerationOptions(max_complexes=LIMITS["max_complexes"], max_reactions=LIMITS["max_reactions"])
    start = time.process_time()
    found = enumerate_complexes(given, options)
    spent = time.process_time() - start
    assert found.outcome.complete
    return {
        "cpu_s": spent,
        "counts": [len(found.complexes), len(found.steps), len(found.macrostates), len(found.condensed)],
    }


def peppercorn(given: list[Complex]) -> dict[str, Any]:
    """Enumerate and condense with Peppercorn."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    from peppercornenumerator.enumerator import Enumerator
    from peppercornenumerator.input import read_pil

    logging.disable(logging.CRITICAL)
    lengths = {d.name: d.length for c in given for d in c.domains}
    text = "".join(f"length {name} = {length}\n" for name, length in lengths.items())
    text += "".join(f"given{i} = {item.kernel}\n" for i, item in enumerate(given))
    complexes, reactions = read_pil(text)
    search = Enumerator(list(complexes.values()), reactions, named_complexes=list(complexes.values()))
    search.release_cutoff = EnumerationOptions().release_cutoff
    search.max_complex_count, search.max_reaction_count = LIMITS["max_complexes"], LIMITS["max_reactions"]
    start = time.process_time()
    search.enumerate()
    search.condense()
    spent = time.process_time() - start
    parts = (search.complexes, search.reactions, search.resting_macrostates, search.condensed_reactions)
    return {"cpu_s": spent, "counts": [len(list(part)) for part in parts]}


def measured(who: str, chain: str, size: int, limit: int) -> dict[str, Any] | None:
    """Run one measurement in a process of its own; None if it took longer than `limit` seconds of CPU."""
    command = [sys.executable, "-m", "benchmarks.enumeration", "--worker", who, "--chain", chain, "--size", str(size)]

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))

    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=bounded)
    if done.returncode:
        if done.returncode > 0:
            raise RuntimeError(done.stderr)
        return None
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def compare(chain: str, size: int, limit: int, repeats: int) -> str:
    """Return one line: both times, and their ratio."""
    mine: list[float] = []
    theirs: list[float] = []
    counts: list[list[int]] = []
    for _ in range(repeats):
        for who, times in (("ours", mine), ("peppercorn", theirs), ("ours", mine)):
            if who == "peppercorn" and len(theirs) < len(mine) // 2:
                continue  # it ran out of time before
            value = measured(who, chain, size, limit)
            if value is not None:
                times.append(value["cpu_s"])
                counts.append(value["counts"])
    if any(c != counts[0] for c in counts):
        raise RuntimeError(f"{chain} {size}: the two found different networks: {counts}")
    own = statistics.median(mine)
    other, sign = (statistics.median(theirs), " ") if theirs else (float(limit), ">")
    ratio = other / own
    target = TARGETS.get((chain, size))
    verdict = "" if target is None else f"  target {target:g}x: {'met' if ratio >= target else 'not shown'}"
    size_text = "/".join(map(str, counts[0]))
    return f"{chain:<9} {size:>4}  {size_text:<22} {own:>9.3f} s {sign}{other:>9.2f} s {sign}{ratio:>6.0f}x{verdict}"


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=int, default=300, help="CPU seconds for one run of either")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="srinivas:8,srinivas:64,qian:2,qian:4,qian:8")
    parser.add_argument("--worker", choices=("ours", "peppercorn"), help=argparse.SUPPRESS)
    parser.add_argument("--chain", choices=tuple(CHAINS), default="qian", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, default=1, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.worker:
        run = {"ours": ours, "peppercorn": peppercorn}[words.worker]
        sys.stdout.write(json.dumps(run(CHAINS[words.chain](words.size))))
        return
    out = sys.stdout
    out.write("chain     size  complexes/steps/macrostates/condensed: ours, Peppercorn (CPU, medians), ratio\n")
    for item in words.sizes.split(","):
        chain, _, size = item.partition(":")
        out.write(compare(chain, int(size), words.limit, words.repeats) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
