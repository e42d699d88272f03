"""Structures of strands and complexes by ViennaRNA, where the extra ``fold`` is installed.

R. Lorenz et al., Algorithms for Molecular Biology 6:26 (2011), doi:10.1186/1748-7188-6-26, with its DNA parameters of Mathews
(2004). These start a duplex with 1.00 kcal/mol and know no cost of an A-T end; the values of SantaLucia (2004), 1.96 and 0.05, are
put in their place. The parameters are global to a process and not safe with threads, so everything is folded in processes that do
nothing else. Energies of plain helices are better taken from `dsd.thermodynamics`; concentrations are not considered here.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from dsd.complexes import UNPAIRED, Complex
from dsd.thermodynamics import Conditions

PAPER: Final = "Lorenz et al., doi:10.1186/1748-7188-6-26"

# Duplex initiation and terminal A-T, each as free energy at 37 C and enthalpy, in 0.01 kcal/mol; see the module.
_INITIATION: Final = "## RNAfold parameter file v2.0\n\n# Misc\n   196  20  5  220  107.856 0\n\n#END\n"
_CHUNK: Final = 8


def can_fold() -> bool:
    """Whether ViennaRNA is installed."""
    return importlib.util.find_spec("RNA") is not None


@dataclass(frozen=True, slots=True)
class Task:
    """A complex to be folded.

    Attributes
    ----------
    name : str
    strands : tuple of str
        Nucleotides, 5' to 3', in the order in which the strands lie along the boundary.
    pairs : tuple of int
        What every nucleotide should be paired with, counted through all strands, or -1.
    """

    name: str
    strands: tuple[str, ...]
    pairs: tuple[int, ...]

    def __post_init__(self) -> None:
        if sum(map(len, self.strands)) != len(self.pairs):
            raise ValueError(f"{self.name}: a partner, or none, for every nucleotide")


@dataclass(frozen=True, slots=True)
class Folded:
    """What a complex folds into.

    Attributes
    ----------
    name : str
    structure : str
        Of minimum free energy, in dots and parentheses, with ``&`` between strands.
    energy : float
        Of that structure, in kcal/mol.
    intended : tuple of float
        For every nucleotide the probability that it is paired as it should be, or free as it should be.
    unpaired : tuple of float
        For every nucleotide the probability that it is free.
    """

    name: str
    structure: str
    energy: float
    intended: tuple[float, ...]
    unpaired: tuple[float, ...]

    @property
    def defect(self) -> float:
        """The expected number of nucleotides that are not as they should be."""
        return sum(1 - p for p in self.intended)


def nucleotide_pairs(item: Complex) -> tuple[int, ...]:
    """Return the pairs of a complex nucleotide by nucleotide; -1 for a free one."""
    starts, at = [], 0
    for domain in item.domains:
        starts.append(at)
        at += domain.length
    pairs = [UNPAIRED] * at
    for position, partner in enumerate(item.pairs):
        if partner != UNPAIRED:
            length = item.domains[position].length
            for k in range(length):
                pairs[starts[position] + k] = starts[partner] + length - 1 - k
    return tuple(pairs)


def fold(
    tasks: Sequence[Task],
    conditions: Conditions,
    workers: int = 1,
    progress: Callable[[str, int, int], object] = lambda *_: None,
) -> tuple[Folded, ...]:
    """Fold complexes, each in the order of strands that is given.

    Parameters
    ----------
    tasks : sequence of Task
    conditions : Conditions
    workers : int
        Processes; at least one, for the parameters are never loaded into this one.
    progress : callable

    Returns
    -------
    tuple of Folded
        In the order of the tasks.
    """
    return tuple(
        _spread(partial(_fold, salt_M=conditions.sodium_equivalent_M), tasks, conditions, workers, progress, "folding")
    )


def pair_energies(
    pairs: Sequence[tuple[str, str]],
    conditions: Conditions,
    workers: int = 1,
    progress: Callable[[str, int, int], object] = lambda *_: None,
) -> tuple[float, ...]:
    """Return how strongly pairs of sequences bind at best, bulges and loops allowed, in kcal/mol; to rank them by.

    Salt is left out of account, as ViennaRNA's duplexes do: the scale is that of 1 M sodium.
    """
    return tuple(_spread(_duplex, pairs, conditions, workers, progress, "cross-talk"))


def _spread(
    work: Callable[[Any], Any],
    items: Sequence[Any],
    conditions: Conditions,
    workers: int,
    progress: Callable[[str, int, int], object],
    what: str,
) -> Iterator[Any]:
    if not items:
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, workers), mp_context=context, initializer=_load, initargs=(conditions,)) as pool:
        for done, result in enumerate(pool.map(work, items, chunksize=_CHUNK), 1):
            progress(what, done, len(items))
            yield result


def _load(conditions: Conditions) -> None:
    """Load the parameters into this process, for good."""
    import RNA

    RNA.cvar.temperature = conditions.temperature_C
    RNA.params_load_DNA_Mathews2004()
    RNA.params_load_from_string(_INITIATION, "initiation")


def _fold(task: Task, salt_M: float) -> Folded:
    import RNA

    model = RNA.md()
    model.salt = salt_M
    folding = RNA.fold_compound("&".join(task.strands), model)
    structure, energy = folding.mfe()
    folding.exp_params_rescale(energy)
    folding.pf()
    table = folding.bpp()
    length = len(task.pairs)
    paired = [0.0] * length
    for i in range(1, length + 1):
        row = table[i]
        for j in range(i + 1, length + 1):
            if row[j]:
                paired[i - 1] += row[j]
                paired[j - 1] += row[j]
    unpaired = tuple(max(0.0, 1 - p) for p in paired)
    intended = tuple(
        unpaired[k] if partner == UNPAIRED else float(table[min(k, partner) + 1][max(k, partner) + 1])
        for k, partner in enumerate(task.pairs)
    )
    return Folded(task.name, _nicked(structure, task.strands), float(energy), intended, unpaired)


def _duplex(pair: tuple[str, str]) -> float:
    import RNA

    return min(0.0, float(RNA.duplexfold(*pair).energy))


def _nicked(structure: str, strands: Iterable[str]) -> str:
    """Return a structure with a mark between its strands."""
    plain, pieces, at = structure.replace("&", ""), [], 0
    for strand in strands:
        pieces.append(plain[at : at + len(strand)])
        at += len(strand)
    return "&".join(pieces)
