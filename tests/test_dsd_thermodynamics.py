"""Nearest-neighbour energies: against primer3, against published worked examples, and at any temperature and salt."""

from __future__ import annotations

import itertools

import numpy as np
import primer3
import pytest

from dsd.sequences import reverse_complement
from dsd.thermodynamics import (
    ONE_MOLAR,
    Conditions,
    StackTable,
    duplex_energies,
    duplex_enthalpies_entropies,
    encode,
    is_self_complementary,
)


def random_duplexes(number: int, seed: int) -> list[str]:
    """Return sequences of 5 to 30 nt that are not their own complements."""
    rng = np.random.default_rng(seed)
    found: list[str] = []
    while len(found) < number:
        text = "".join("ACGT"[i] for i in rng.integers(4, size=rng.integers(5, 31)))
        if not is_self_complementary(text):
            found.append(text)
    return found


def by_primer3(one: str, other: str, temperature_C: float, sodium_mM: float = 1000, magnesium_mM: float = 0) -> float:
    """Return the energy of two strands in kcal/mol."""
    found = primer3.calc_heterodimer(
        one, other, mv_conc=sodium_mM, dv_conc=magnesium_mM, dntp_conc=0, dna_conc=50, temp_c=temperature_C
    )
    return float(found.dg) / 1000


@pytest.mark.parametrize("temperature_C", [25.0, 37.0])
def test_energies_are_those_of_primer3(temperature_C: float) -> None:
    texts = random_duplexes(500, 1)
    own = duplex_energies(texts, Conditions(temperature_C, 1.0, 0.0))
    other = [by_primer3(t, reverse_complement(t), temperature_C) for t in texts]
    assert np.abs(own - other).max() < 0.01


@pytest.mark.parametrize(("sodium_mM", "magnesium_mM"), [(50, 12.5), (50, 0), (150, 0), (1, 12.5)])
def test_salt_acts_as_in_primer3(sodium_mM: float, magnesium_mM: float) -> None:
    # Both take the entropy law of SantaLucia (1998) and the sodium equivalent of von Ahsen (2001).
    texts = random_duplexes(100, 2)
    own = duplex_energies(texts, Conditions(25.0, sodium_mM / 1000, magnesium_mM / 1000))
    other = [by_primer3(t, reverse_complement(t), 25.0, sodium_mM, magnesium_mM) for t in texts]
    assert np.abs(own - other).max() < 0.01


def test_the_other_law_for_magnesium_is_a_tenth_of_a_kcal_away() -> None:
    # Peyret's 3.3 sqrt(Mg) in M, which NUPACK uses, for the toeholds that are designed here.
    other = Conditions(25.0, 0.05 + 3.3 * 0.0125**0.5, 0.0)
    texts = [t[:7] for t in random_duplexes(100, 3) if len(t) >= 7]
    assert np.abs(duplex_energies(texts, Conditions()) - duplex_energies(texts, other)).max() < 0.1


@pytest.mark.parametrize("temperature_C", [25.0, 37.0])
def test_self_complementary_strands_differ_by_the_symmetry_term(temperature_C: float) -> None:
    halves = [t[:7] for t in random_duplexes(50, 4)]
    texts = [h + reverse_complement(h) for h in halves]
    own = duplex_energies(texts, Conditions(temperature_C, 1.0, 0.0))
    other = [by_primer3(t, t, temperature_C) for t in texts]
    # primer3 counts symmetry among concentrations: 1.4 cal/mol/K of SantaLucia (1998) lie between the two.
    assert own - other == pytest.approx(0.0014 * (temperature_C + 273.15), abs=0.01)


def test_the_worked_example_of_the_paper() -> None:
    # SantaLucia, PNAS 95:1460 (1998), p. 1461: CGTTGA with TCAACG, -5.35 kcal/mol at 37 C by rounded terms.
    assert duplex_energies(["CGTTGA"], ONE_MOLAR)[0] == pytest.approx(-5.35, abs=0.05)


def test_dangling_ends_are_those_of_the_table() -> None:
    # SantaLucia and Hicks (2004), table 3, kcal/mol at 37 C: what hangs over, A to T, before and after a pair. Its energies were
    # measured; here they follow from enthalpies and entropies, which are rounded.
    before = {"A": (-0.51, -0.42, -0.62, -0.71), "C": (-0.96, -0.52, -0.72, -0.58),
              "G": (-0.58, -0.34, -0.56, -0.61), "T": (-0.50, -0.02, 0.48, -0.10)}  # fmt: skip
    after = {"A": (-0.12, 0.28, -0.01, 0.13), "C": (-0.82, -0.31, -0.01, -0.52),
             "G": (-0.92, -0.23, -0.44, -0.35), "T": (-0.48, -0.19, -0.50, -0.29)}  # fmt: skip
    for last in "ACGT":
        core = "CAGT"
        plain_5, plain_3 = duplex_energies([last + core, core + last], ONE_MOLAR)
        hung_5 = duplex_energies([last + core] * 4, ONE_MOLAR, before=list("ACGT"))
        hung_3 = duplex_energies([core + last] * 4, ONE_MOLAR, after=list("ACGT"))
        assert hung_5 - plain_5 == pytest.approx(before[last], abs=0.07)
        assert hung_3 - plain_3 == pytest.approx(after[last], abs=0.07)


@pytest.mark.parametrize("end", ["5'", "3'"])
def test_dangling_ends_agree_with_primer3(end: str) -> None:
    # Ends of a C, where primer3 does not prefer to open the last pair.
    core = "CGATACGTTCAGGACATC"
    for letter in "ACT":
        own = duplex_energies([core], ONE_MOLAR, **{"before" if end == "5'" else "after": [letter]})[0]
        longer = letter + core if end == "5'" else core + letter
        assert own == pytest.approx(by_primer3(longer, reverse_complement(core), 37.0), abs=0.01)


def test_what_hangs_over_the_complement_is_the_same_seen_from_there() -> None:
    texts = ["CATTAC", "GGATC"]
    here = duplex_energies(texts, Conditions(), before=["A", ""], after=["G", "T"])
    there = duplex_energies(
        [reverse_complement(t) for t in texts], Conditions(), before_complement=["A", ""], after_complement=["G", "T"]
    )
    assert here == pytest.approx(there)


def test_many_at_once_are_each_alone() -> None:
    texts = random_duplexes(40, 5)
    alone = [duplex_energies([t], Conditions())[0] for t in texts]
    assert duplex_energies(texts, Conditions()) == pytest.approx(alone, abs=1e-12)
    assert duplex_energies([], Conditions()).shape == (0,)


def test_energy_is_linear_in_temperature() -> None:
    texts = random_duplexes(20, 6)
    enthalpy, entropy = duplex_enthalpies_entropies(texts)
    cold = duplex_energies(texts, Conditions(10.0, 1.0, 0.0))
    assert cold == pytest.approx(enthalpy - 283.15 * entropy / 1000)
    assert (cold < duplex_energies(texts, Conditions(60.0, 1.0, 0.0))).all()


def test_a_table_of_stacks_adds_up_to_the_duplex() -> None:
    conditions = Conditions(30.0, 0.1, 0.01)
    table = StackTable(conditions)
    for text in random_duplexes(10, 7):
        x = encode([text])[0]
        total = table.initiation + sum(table.stacks[a, b, 3 - a, 3 - b] for a, b in itertools.pairwise(x))
        total += sum(table.terminal_at for c in (text[0], text[-1]) if c in "AT")
        assert total == pytest.approx(duplex_energies([text], conditions)[0])


def test_a_mismatch_costs_what_was_measured() -> None:
    # Allawi and SantaLucia, Biochemistry 36:10581 (1997): CG/GT has -4.1 kcal/mol and -11.7 cal/mol/K.
    table = StackTable(ONE_MOLAR).stacks
    a, c, g, t = range(4)
    assert table[c, g, g, t] == pytest.approx(-4.1 + 310.15 * 11.7e-3)
    assert table[t, g, g, c] == pytest.approx(table[c, g, g, t])
    assert np.isinf(table[a, a, a, a])


def test_magnesium_counts_as_sodium() -> None:
    assert Conditions().sodium_equivalent_M == pytest.approx(0.05 + 0.12 * 12.5**0.5)


@pytest.mark.parametrize("text", ["", "ACU", "acgt", "A C", "AÇG"])
def test_what_is_no_sequence_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a DNA sequence"):
        encode(["ACGT", text])


@pytest.mark.parametrize("values", [(25.0, 0.0, 0.0), (-300.0, 1.0, 0.0), (25.0, -0.1, 0.1)])
def test_a_tube_that_cannot_be_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"tube|salt"):
        Conditions(*values)


def test_only_one_nucleotide_hangs_over() -> None:
    with pytest.raises(ValueError, match="one nucleotide"):
        duplex_energies(["ACGT"], Conditions(), before=["AC"])
