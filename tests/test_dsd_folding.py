"""Folding by ViennaRNA: the corrected initiation, probabilities against enumeration, and processes of its own."""

from __future__ import annotations

import pytest

from dsd.complexes import Complex
from dsd.domains import Domain, Strand
from dsd.folding import Task, can_fold, fold, nucleotide_pairs, pair_energies
from dsd.sequences import reverse_complement
from dsd.thermodynamics import ONE_MOLAR, Conditions, duplex_energies

RNA = pytest.importorskip("RNA")

DUPLEXES = ("CTACTT", "TCACCT", "CACTCATCC", "ACCATTCTCTACTTCC", "CCTCATTCAATACCCTACG")
HAIRPIN = "GCGCAAAAGCGC"


def duplex(text: str) -> Task:
    n = len(text)
    return Task(text, (text, reverse_complement(text)), tuple(range(2 * n - 1, -1, -1)))


def test_duplexes_start_as_santalucia_says() -> None:
    # As it comes, ViennaRNA makes every duplex a whole kcal/mol too stable.
    own = duplex_energies(DUPLEXES, ONE_MOLAR)
    found = [f.energy for f in fold([duplex(t) for t in DUPLEXES], ONE_MOLAR)]
    assert found == pytest.approx(own, abs=0.15)


def test_pairs_rank_as_their_energies_do() -> None:
    pairs = [(t, reverse_complement(t)) for t in DUPLEXES]
    energies = pair_energies(pairs, Conditions(25.0, 1.0, 0.0))
    own = duplex_energies(DUPLEXES, Conditions(25.0, 1.0, 0.0))
    assert sorted(range(5), key=energies.__getitem__) == sorted(range(5), key=own.__getitem__)
    assert pair_energies([("AAAA", "AAAA")], ONE_MOLAR) == (0.0,)
    assert pair_energies([], ONE_MOLAR) == ()


def test_structures_and_probabilities() -> None:
    pairs = (11, 10, 9, 8, -1, -1, -1, -1, 3, 2, 1, 0)
    as_drawn, otherwise = fold([Task("a", (HAIRPIN,), pairs), Task("b", (HAIRPIN,), (-1,) * 12)], Conditions())
    assert as_drawn.structure == "((((....))))"
    assert as_drawn.defect < 0.5
    # What is free where it should be paired is the rest.
    for k in range(4):
        assert as_drawn.intended[k] == pytest.approx(1 - as_drawn.unpaired[k], abs=0.02)
    assert otherwise.unpaired == as_drawn.unpaired
    assert otherwise.intended == as_drawn.unpaired
    assert otherwise.defect == pytest.approx(sum(1 - p for p in as_drawn.unpaired))


def test_salt_weakens_and_strands_are_kept_apart() -> None:
    at_salt = [fold([duplex(DUPLEXES[3])], Conditions(25.0, na, 0.0))[0] for na in (1.0, 0.05)]
    assert at_salt[0].energy < at_salt[1].energy
    assert at_salt[0].structure == "(" * 16 + "&" + ")" * 16


def test_workers_make_no_difference_and_this_process_stays_clean() -> None:
    before = (RNA.cvar.temperature, RNA.fold("GGGAAACCC"))
    tasks = [duplex(t) for t in DUPLEXES] * 4
    seen: list[tuple[str, int, int]] = []
    one = fold(tasks, Conditions(), workers=1)
    two = fold(tasks, Conditions(), workers=2, progress=lambda *step: seen.append(step))
    assert one == two
    assert [f.name for f in two] == [t.name for t in tasks]
    assert seen == [("folding", k, 20) for k in range(1, 21)]
    assert (RNA.cvar.temperature, RNA.fold("GGGAAACCC")) == before


def test_pairs_of_domains_become_pairs_of_nucleotides() -> None:
    a, b = Domain("a", 3), Domain("b", 2)
    gate = Complex((Strand((a, b)), Strand((~a,))), (2, -1, 0), "gate")
    pairs = nucleotide_pairs(gate)
    assert pairs == (7, 6, 5, -1, -1, 2, 1, 0)
    assert all(pairs[p] == k for k, p in enumerate(pairs) if p >= 0)


def test_a_task_needs_a_partner_for_every_nucleotide() -> None:
    with pytest.raises(ValueError, match="partner"):
        Task("x", ("ACG", "CGT"), (-1,) * 5)


def test_it_is_known_to_be_installed() -> None:
    assert can_fold()
    assert fold([], ONE_MOLAR) == ()
