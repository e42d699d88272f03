"""Rates of the elementary steps from the lengths of domains and loops alone.

The constants are those of Peppercorn (Badelt et al., J. R. Soc. Interface 17:20190866, 2020) for DNA at 25 °C, so that
a network enumerated here has the rates that its users know; sequence, mismatches and salt are left out.
Which steps there are is the business of `dsd.steps`; nearest-neighbour energies live in `dsd.thermodynamics`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple


class Linker(NamedTuple):
    """What lies between two domains along one side of the loop they share.

    Attributes
    ----------
    bases : int
        Unpaired nucleotides, in nt.
    stems : int
        Helices that are crossed.
    nicked : bool
        Whether the backbone is broken somewhere, so that this side does not tether the two domains.
    """

    bases: int
    stems: int
    nicked: bool

    @property
    def flush(self) -> bool:
        """Whether the two domains sit at either end of one helix, with nothing in between."""
        return self.stems == 1 and self.bases == 0 and not self.nicked


@dataclass(frozen=True, slots=True)
class RateModel:
    """Length-only rates of binding, opening and branch migration; every constant is positive but the signed energies.

    Lengths given to the methods are in nt; unimolecular rates are in /s, bimolecular ones in /M/s.
    """

    nucleation: float = 3e5
    """Association per nucleotide of a helix, /M/s/nt (Wetmur, Annu. Rev. Biophys. Bioeng. 5:337, 1976; Zhang & Winfree,
    JACS 131:17303, 2009)."""
    zippering: float = 1e6
    """Closing of a helix next to a formed one, nt/s, low end (Wetmur & Davidson, J. Mol. Biol. 31:349, 1968; Srinivas
    et al., NAR 41:10641, 2013)."""
    bubble: float = 1e4
    """Closing of a helix between two formed ones, /s (Altan-Bonnet, Libchaber & Krichevsky, PRL 90:138101, 2003)."""
    loop_closing: float = 1e6
    """Closing of a loop of 1 nt, extrapolated, /s (Bonnet, Krichevsky & Libchaber, PNAS 95:8602, 1998; Kuznetsov
    et al., NAR 36:1098, 2008)."""
    loop_exponent: float = -2.5
    """How closing falls with the length of the loop, dimensionless (as `loop_closing`)."""
    loop_ceiling: float = 3.3e4
    """No loop closes faster, /s (Tsukanov et al., J. Phys. Chem. B 117:16105, 2013)."""
    stem_width: float = 2.0 / 0.43
    """Nucleotides of single strand that span the width of a helix: 2 nm at 0.43 nm/nt (as Peppercorn)."""
    pair_energy: float = -1.7
    """Free energy of one stacked base pair, kcal/mol (Peppercorn's ``dG_bp``; of the size of the stacks of SantaLucia,
    PNAS 95:1460, 1998)."""
    association_energy: float = 1.9
    """Free energy of bringing two strands together at 1 M, kcal/mol (Peppercorn; initiation in SantaLucia 1998)."""
    temperature: float = 298.15
    """In K."""
    gas_constant: float = 0.001987
    """In kcal/mol/K."""
    migration_step: float = 1e-4
    """Start of a branch migration if the loser dangles at the branch point, s (a step in Srinivas et al. 2013)."""
    migration_initiation: float = 3e-3
    """Start of a branch migration if the loser ends at the branch point, s (the plateau in Srinivas et al. 2013)."""
    four_way_closed: float = 3.0
    """Step of a four-way migration whose four helices meet, s/nt (Dabby, PhD thesis, Caltech, 2013; Panyutin & Hsieh,
    J. Mol. Biol. 230:413, 1993)."""
    four_way_open: float = 107.0
    """First step of a four-way migration from a junction that is open on one side, s/nt (Dabby 2013)."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not math.isfinite(value):
                raise ValueError(f"{each.name} is {value}")
            if each.name not in ("loop_exponent", "pair_energy", "association_energy") and value <= 0:
                raise ValueError(f"{each.name} must be positive, not {value}")

    def bind21(self, length: int) -> float:
        """Return the rate at which two complexes form a helix of `length`, in /M/s."""
        return length * self.nucleation

    def open(self, length: int) -> float:
        """Return the rate at which a helix of `length` opens, in /s: detailed balance with `bind21` at 1 M.

        A helix of 5 nt opens at 21.8 /s, one of 7 nt at 0.098 /s.
        """
        energy = length * self.pair_energy + self.association_energy
        return self.bind21(length) * math.exp(energy / (self.gas_constant * self.temperature))

    def bind11(self, length: int, before: Linker, after: Linker) -> float:
        """Return the rate at which two domains of one complex form a helix of `length`, in /s.

        Parameters
        ----------
        length : int
            Of the whole new helix.
        before, after : Linker
            The two sides of the loop; at most one is nicked.
        """
        if before.flush and after.flush:
            return self.bubble
        if before.flush or after.flush:
            return self.zippering / length
        return self.link(before, after)

    def three_way(self, length: int, before: Linker, after: Linker, dangling: bool) -> float:
        """Return the rate of a three-way branch migration over `length`, in /s.

        Parameters
        ----------
        length : int
            Of the displaced helix.
        before : Linker
            From the invader to the helix it displaces, over the toehold; flush unless the toehold is remote.
        after : Linker
            The other side of the loop.
        dangling : bool
            Whether the displaced strand goes on beyond the branch point, so that the invader need not initiate.

        Notes
        -----
        A remote toehold (Genot, Zhang, Bath & Turberfield, JACS 133:2177, 2011) slows the start by how much rarer the
        closing of the loop is than zippering.
        """
        rate = 1 / (self.migration_step if dangling else self.migration_initiation) / length
        return rate if before.flush else rate * self.link(before, after) / self.zippering

    def four_way(self, length: int, before: Linker, after: Linker) -> float:
        """Return the rate at which two helices of `length` exchange their partners, in /s.

        Parameters
        ----------
        length : int
            Of either helix.
        before, after : Linker
            The two sides of their loop; at most one is nicked.

        Notes
        -----
        Where a side is neither flush nor nicked the junction has to close first, as for a remote toehold.
        """
        nicked = before.nicked or after.nicked
        rate = 1 / (self.four_way_open if nicked else self.four_way_closed) / length
        meeting = (before.flush or before.nicked) and (after.flush or after.nicked)
        return rate if meeting else rate * self.link(before, after) / self.zippering

    def link(self, before: Linker, after: Linker) -> float:
        """Return the rate at which the shorter side of a loop closes, in /s; never above `loop_ceiling`."""
        span = min(self._span(before), self._span(after))
        if math.isinf(span):
            raise ValueError("a loop with two nicks is not a loop")
        return min(self.loop_closing * math.pow(span, self.loop_exponent), self.loop_ceiling)

    def _span(self, linker: Linker) -> float:
        """Return the length of a linker in nt of single strand."""
        return math.inf if linker.nicked else 1 + linker.bases + linker.stems * (1 + self.stem_width)
