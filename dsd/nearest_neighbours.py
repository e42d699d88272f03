"""The measured parameters of DNA helices: enthalpies and entropies of stacks, of single mismatches and of dangling ends.

A stack is named by its two pairs, ``AC/TG`` for 5'-AC-3' over 3'-TG-5'; values are kcal/mol and cal/mol/K at 1 M sodium. What is
computed from them is in `dsd.thermodynamics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Parameters = Mapping[str, tuple[float, float]]

STACKS: Final[Parameters] = MappingProxyType(
    {
        "AA/TT": (-7.9, -22.2),
        "AT/TA": (-7.2, -20.4),
        "TA/AT": (-7.2, -21.3),
        "CA/GT": (-8.5, -22.7),
        "GT/CA": (-8.4, -22.4),
        "CT/GA": (-7.8, -21.0),
        "GA/CT": (-8.2, -22.2),
        "CG/GC": (-10.6, -27.2),
        "GC/CG": (-9.8, -24.4),
        "GG/CC": (-8.0, -19.9),
    }
)
"""Two pairs on one another; SantaLucia, PNAS 95:1460 (1998), doi:10.1073/pnas.95.4.1460, table 2."""

INITIATION: Final = (0.2, -5.7)
"""Of a helix with two G-C ends; SantaLucia and Hicks (2004), doi:10.1146/annurev.biophys.32.110601.141800, table 1."""

TERMINAL_AT: Final = (2.2, 6.9)
"""For each end that is an A-T pair; the same table."""

SYMMETRY: Final = (0.0, -1.4)
"""For a strand that is its own complement; the same table."""

MISMATCHES: Final[Parameters] = MappingProxyType(
    {
        # G-T: Allawi and SantaLucia, Biochemistry 36:10581 (1997), doi:10.1021/bi962590c
        "AG/TT": (1.0, 0.9),
        "AT/TG": (-2.5, -8.3),
        "CG/GT": (-4.1, -11.7),
        "CT/GG": (-2.8, -8.0),
        "GG/CT": (3.3, 10.4),
        "GT/CG": (-4.4, -12.3),
        "TG/AT": (-0.1, -1.7),
        "TT/AG": (-1.3, -5.3),
        # G-A: Allawi and SantaLucia, Biochemistry 37:2170 (1998), doi:10.1021/bi9724873
        "AA/TG": (-0.6, -2.3),
        "AG/TA": (-0.7, -2.3),
        "CA/GG": (-0.7, -2.3),
        "CG/GA": (-4.0, -13.2),
        "GA/CG": (-0.6, -1.0),
        "GG/CA": (0.5, 3.2),
        "TA/AG": (0.7, 0.7),
        "TG/AA": (3.0, 7.4),
        # C-T: Allawi and SantaLucia, Nucleic Acids Research 26:2694 (1998), doi:10.1093/nar/26.11.2694
        "AC/TT": (0.7, 0.2),
        "AT/TC": (-1.2, -6.2),
        "CC/GT": (-0.8, -4.5),
        "CT/GC": (-1.5, -6.1),
        "GC/CT": (2.3, 5.4),
        "GT/CC": (5.2, 13.5),
        "TC/AT": (1.2, 0.7),
        "TT/AC": (1.0, 0.7),
        # A-C: Allawi and SantaLucia, Biochemistry 37:9435 (1998), doi:10.1021/bi9803729
        "AA/TC": (2.3, 4.6),
        "AC/TA": (5.3, 14.6),
        "CA/GC": (1.9, 3.7),
        "CC/GA": (0.6, -0.6),
        "GA/CC": (5.2, 14.2),
        "GC/CA": (-0.7, -3.8),
        "TA/AC": (3.4, 8.0),
        "TC/AA": (7.6, 20.2),
        # A-A, C-C, G-G, T-T: Peyret et al., Biochemistry 38:3468 (1999), doi:10.1021/bi9825091
        "AA/TA": (1.2, 1.7),
        "CA/GA": (-0.9, -4.2),
        "GA/CA": (-2.9, -9.8),
        "TA/AA": (4.7, 12.9),
        "AC/TC": (0.0, -4.4),
        "CC/GC": (-1.5, -7.2),
        "GC/CC": (3.6, 8.9),
        "TC/AC": (6.1, 16.4),
        "AG/TG": (-3.1, -9.5),
        "CG/GG": (-4.9, -15.3),
        "GG/CG": (-6.0, -15.8),
        "TG/AG": (1.6, 3.6),
        "AT/TT": (-2.7, -10.8),
        "CT/GT": (-5.0, -15.8),
        "GT/CT": (-2.2, -8.4),
        "TT/AT": (0.2, -1.5),
    }
)
"""A pair followed by a mismatch."""

DANGLING_5: Final[Parameters] = MappingProxyType(
    {
        "AA/T": (0.2, 2.3),
        "AC/G": (-6.3, -17.1),
        "AG/C": (-3.7, -10.0),
        "AT/A": (-2.9, -7.6),
        "CA/T": (0.6, 3.3),
        "CC/G": (-4.4, -12.6),
        "CG/C": (-4.0, -11.9),
        "CT/A": (-4.1, -13.0),
        "GA/T": (-1.1, -1.6),
        "GC/G": (-5.1, -14.0),
        "GG/C": (-3.9, -10.9),
        "GT/A": (-4.2, -15.0),
        "TA/T": (-6.9, -20.0),
        "TC/G": (-4.0, -10.9),
        "TG/C": (-4.9, -13.8),
        "TT/A": (-0.2, -0.5),
    }
)
"""The first letter hangs over at a 5' end: ``AC/G`` is 5'-AC-3' with G opposite C. Bommarito, Peyret, SantaLucia, Nucleic Acids
Research 28:1929 (2000), doi:10.1093/nar/28.9.1929."""

DANGLING_3: Final[Parameters] = MappingProxyType(
    {
        "AA/T": (-0.5, -1.1),
        "AC/T": (4.7, 14.2),
        "AG/T": (-4.1, -13.1),
        "AT/T": (-3.8, -12.6),
        "CA/G": (-5.9, -16.5),
        "CC/G": (-2.6, -7.4),
        "CG/G": (-3.2, -10.4),
        "CT/G": (-5.2, -15.0),
        "GA/C": (-2.1, -3.9),
        "GC/C": (-0.2, -0.1),
        "GG/C": (-3.9, -11.2),
        "GT/C": (-4.4, -13.1),
        "TA/A": (-0.7, -0.8),
        "TC/A": (4.4, 14.9),
        "TG/A": (-1.6, -3.6),
        "TT/A": (2.9, 10.4),
    }
)
"""The second letter hangs over at a 3' end: ``AC/T`` is 5'-AC-3' with T opposite A; the same source."""
