"""SBML out and in, against libsbml's own checks and against libroadrunner, which simulates what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import roadrunner
from hypothesis import given, settings
from hypothesis import strategies as st
from support_cli import run

from compiler.api import compile_crn, load
from compiler.dna_level import dna_tube
from crn.diagnostics import CircuitError
from crn.massaction import MassAction
from crn.network import CRN, Bag, Reaction, Units
from crn.neural.families import CIRCUITS
from crn.sbml import read_sbml, sbml_errors, write_sbml
from crn.simulate import SIMULATORS, Tolerance, simulate
from crn.text import parse_crn

DATA = Path(__file__).parent / "data"
NAMES = ("A", "B", "_a", "A'", "A''", "A_x27_", "tube", "pi", "time", "r1", "k_r1", "t1( b2( + ) )", "7up", "né")


def network(text: str) -> CRN:
    return parse_crn(text).crn


def positive(crn: CRN) -> dict[str, float]:
    return {s: x for s, x in crn.initial if x > 0}


def changes(text: str) -> dict[str, float]:
    """Return d[species]/dt at the start, as libroadrunner has it."""
    runner = roadrunner.RoadRunner(text)
    rates = runner.model.getFloatingSpeciesConcentrationRates().tolist()
    return dict(zip(runner.model.getFloatingSpeciesIds(), rates, strict=True))


@st.composite
def networks(draw: st.DrawFn) -> CRN:
    pool = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    side = st.dictionaries(st.sampled_from(pool), st.integers(1, 4), max_size=3).map(Bag.from_counts)
    rate = st.floats(1e-12, 1e12)
    steps = draw(st.lists(st.tuples(side, side, rate), min_size=1, max_size=6))
    amount = st.floats(0, 1e6, allow_subnormal=False)
    initial = draw(st.dictionaries(st.sampled_from(pool), amount))
    constant = sorted(draw(st.sets(st.sampled_from(pool), max_size=2)))
    ids = draw(
        st.lists(st.sampled_from(("r1", "r1r", "A", "gate/x[1]", "r.0", "r-0", "tube")), unique=True, max_size=6)
    )
    names = [*ids, *(f"q{i}" for i in range(len(steps)))]
    reactions = [Reaction(names[i], a, b, k) for i, (a, b, k) in enumerate(steps)]
    return CRN.build(reactions, initial, constant=constant, units=draw(st.sampled_from(Units)))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(networks(), st.sampled_from([1.0, 2.0, 0.125]))
def test_what_is_written_is_valid_and_read_back_to_the_last_bit(crn: CRN, volume: float) -> None:
    text = write_sbml(crn, "a net", volume=volume, made_by="from <here> & there")
    assert sbml_errors(text) == ()
    again = read_sbml(text)
    assert [(r.id, r.reactants, r.products) for r in again.reactions] == [
        (r.id, r.reactants, r.products) for r in crn.reactions
    ]
    # A power of two times a float is exact, and so is dividing by it.
    assert [r.k for r in again.reactions] == [r.k for r in crn.reactions]
    assert positive(again) == positive(crn)
    assert set(again.constant) == set(crn.constant)
    assert set(again.species) == set(crn.species)
    assert again.units is crn.units
    assert write_sbml(again, "a net") == write_sbml(read_sbml(write_sbml(again)), "a net")


@pytest.mark.parametrize(
    ("text", "species", "expected"),
    [
        ("2A -> [1]; A @i 3", "A", -2 * 1 * 3**2),
        ("2Z -> Z [5]; Z @i 3", "Z", -5 * 3**2),
        ("2A + B -> 3C [2]; A @i 3; B @i 5", "C", 3 * 2 * 3**2 * 5),
        ("A + B <=> C [2, 7]; A @i 3; B @i 5; C @i 2", "A", -2 * 3 * 5 + 7 * 2),
        ("-> A [4]", "A", 4),
        ("X + A -> X + 2A [0.5]; X @c 6; A @i 2", "A", 0.5 * 6 * 2),
        ("2A -> [1e6 /M/s]; A @i 30 nM", "A", -2 * 1e6 * 30e-9**2),
    ],
)
@pytest.mark.parametrize("volume", [1.0, 0.5, 3e-4])
def test_the_rate_law_in_another_simulator(text: str, species: str, expected: float, volume: float) -> None:
    written = write_sbml(network(text), volume=volume)
    assert sbml_errors(written) == ()
    assert changes(written)[species] == pytest.approx(expected, rel=1e-12)
    back = MassAction(read_sbml(written))
    assert back.derivative(back.state())[back.index[species]] == pytest.approx(expected, rel=1e-12)


def compare(crn: CRN, end: float, relative: float) -> None:
    """Compare trajectories of the two simulators, relative to the largest amount of every species."""
    law = MassAction(crn)
    times = np.linspace(0, end, 21)
    largest = max(x for _, x in crn.initial)
    ours = simulate(law, law.state(), (), times.tolist(), SIMULATORS[0], Tolerance(1e-8, 1e-12 * largest))
    assert ours.outcome.ok
    runner = roadrunner.RoadRunner(write_sbml(crn))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-10, 1e-14 * largest
    ids = runner.model.getFloatingSpeciesIds()
    runner.timeCourseSelections = ["time", *(f"[{i}]" for i in ids)]
    theirs = np.asarray(runner.simulate(0, end, 21))[:, 1:]
    moving = [s for s in crn.species if s not in crn.constant]
    assert len(moving) == len(ids)
    mine = ours.values[:, [law.index[s] for s in moving]]
    scale = np.maximum(mine.max(axis=0), 1e-6 * largest)
    assert np.max(np.abs(mine - theirs) / scale) < relative
    assert np.max(np.ptp(mine, axis=0) / scale) > 0.1  # something happened


def with_sample(name: str, **values: float) -> CRN:
    """Return a learning circuit with the additions of the first phase of one sample in it."""
    circuit = load(name).learning
    initial = dict(circuit.crn.initial)
    for event in circuit.protocol(values).additions:
        if event.time == 0:
            initial[event.species] = initial.get(event.species, 0.0) + event.amount
    return CRN.build(circuit.crn.reactions, initial, constant=circuit.crn.constant)


def gates_of(crn: CRN) -> tuple[CRN, float]:
    """Return the network of the gates, with all strands in the tube, and the formal unit of time in s."""
    tube = dna_tube(compile_crn(crn).state)
    initial = dict(zip(tube.law.species, tube.start.tolist(), strict=True))
    return CRN.build(tube.law.crn.reactions, initial, units=Units.MOLAR), tube.time


def test_same_trajectories_of_abstract_networks() -> None:
    compare(network("A + B -> 2B [2]; B + C -> 2C [3]; C + A -> 2A [1]; A @i 1; B @i 0.6; C @i 0.4"), 20, 1e-5)
    compare(
        network(
            "S + E <=> ES [1e6 /M/s, 0.1 /s]; ES -> E + P [0.05 /s]; F -> S [1e-3]; S @i 1 uM; E @i 50 nM; F @c 1 uM"
        ),
        2000,
        1e-5,
    )


def test_same_trajectories_of_a_learning_circuit() -> None:
    compare(with_sample("linear-regression", x1=0.8, x2=0.3, y=1.1), 11, 1e-5)


def test_same_trajectories_of_the_gates() -> None:
    expanded, time = gates_of(network("A + B -> C + A [1]; 2C -> B [0.5]; A @i 1; B @i 0.7; C @i 0.2"))
    assert sbml_errors(write_sbml(expanded)) == ()
    assert len(expanded.reactions) > 10
    compare(expanded, 5 * time, 1e-4)


@pytest.mark.parametrize("name", [f.name for f in CIRCUITS])
def test_every_circuit_is_written_and_read(name: str) -> None:
    crn = load(name).crn
    text = write_sbml(crn, name)
    assert sbml_errors(text) == ()
    again = read_sbml(text)
    assert again.reactions == crn.reactions
    assert positive(again) == positive(crn)


def test_every_circuit_in_the_other_simulator() -> None:
    for family in CIRCUITS:
        circuit = load(family.name).learning
        values = dict.fromkeys((*circuit.input_names, *circuit.target_names), 0.5)
        compare(with_sample(family.name, **values), circuit.phases[0].wait, 1e-4)
    gates, time = gates_of(with_sample("linear-regression", x1=0.8, x2=0.3, y=1.1))
    compare(gates, 11 * time, 1e-3)


MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model{units}>
{definitions}
<listOfCompartments><compartment id="c" spatialDimensions="3" size="{size}" constant="true"/>{compartments}</listOfCompartments>
<listOfSpecies>{species}</listOfSpecies>
<listOfParameters>
<parameter id="k" value="3" constant="true"/><parameter id="kr" value="0.5" constant="true"/>
{unset}
</listOfParameters>
{middle}
<listOfReactions>
<reaction id="R" reversible="{reversible}" fast="false">
<listOfReactants>{reactants}</listOfReactants><listOfProducts>{products}</listOfProducts>
<listOfModifiers>{modifiers}</listOfModifiers>
{law}
</reaction>
</listOfReactions>
</model>
</sbml>
"""
MATHS = 'math xmlns="http://www.w3.org/1998/Math/MathML"'
COPASI_FLUX = (
    f'<listOfFunctionDefinitions><functionDefinition id="flux"><{MATHS}><lambda><bvar><ci>v</ci></bvar><bvar><ci>s</ci></bvar>'
    "<apply><times/><ci>v</ci><ci>s</ci></apply></lambda></math></functionDefinition></listOfFunctionDefinitions>"
)


def species(name: str, amount: str = 'initialConcentration="2"', *, counted: bool = False, held: bool = False) -> str:
    return (
        f'<species id="{name}" compartment="c" {amount} hasOnlySubstanceUnits="{str(counted).lower()}" '
        f'boundaryCondition="{str(held).lower()}" constant="false"/>'
    )


def refs(*names: str) -> str:
    counts = {n: names.count(n) for n in names}
    return "".join(f'<speciesReference species="{n}" stoichiometry="{m}" constant="true"/>' for n, m in counts.items())


def apply(operation: str, *parts: object) -> str:
    shown = (
        p if str(p).startswith("<") else f"<cn>{p}</cn>" if not isinstance(p, str) else f"<ci>{p}</ci>" for p in parts
    )
    head = f"<{operation}/>" if operation != "flux" else "<ci>flux</ci>"
    return f"<apply>{head}{''.join(map(str, shown))}</apply>"


def model(maths: str, **parts: str) -> str:
    law = f"<kineticLaw><{MATHS}>{maths}</math>{parts.pop('local', '')}</kineticLaw>" if maths else ""
    given = {
        "units": "", "definitions": "", "size": "1", "compartments": "", "middle": "", "reversible": "false", "law": law,
        "species": "".join(map(species, "ABE")), "reactants": refs("A"), "products": refs("B"), "modifiers": "",
    }  # fmt: skip
    given["unset"] = '<parameter id="none" constant="true"/>' if "none" in maths else ""
    text = MODEL.format(**{**given, **parts})
    for part in ("Reactants", "Products", "Modifiers"):
        text = text.replace(f"<listOf{part}></listOf{part}>", "")
    return text


ENZYME = '<modifierSpeciesReference species="E"/>'
UNITS = (("mmol", "mole", 1, -3, 1), ("ml", "metre", 3, -2, 1), ("min", "second", 1, 0, 60))
MILLI = (
    ' substanceUnits="mmol" volumeUnits="ml" timeUnits="min"',
    "<listOfUnitDefinitions>"
    + "".join(
        f'<unitDefinition id="{name}"><listOfUnits>'
        f'<unit kind="{kind}" exponent="{exponent}" scale="{scale}" multiplier="{multiplier}"/></listOfUnits></unitDefinition>'
        for name, kind, exponent, scale, multiplier in UNITS
    )
    + "</listOfUnitDefinitions>",
)
READ = {
    "plain": (model(apply("times", "c", "k", "A")), ["A -> B [3]"]),
    "a literal, in any order": (model(apply("times", "A", 7.0, "c")), ["A -> B [7]"]),
    "a product of parameters": (model(apply("times", "c", "k", "kr", "A")), ["A -> B [1.5]"]),
    "a quotient": (model(apply("divide", apply("times", "c", "k", "A"), 6.0)), ["A -> B [0.5]"]),
    "a volume": (model(apply("times", "c", "k", "A", "A"), size="0.25", reactants=refs("A", "A")), ["2A -> B [3]"]),
    "a volume left out": (model(apply("times", "k", "A"), size="0.25"), ["A -> B [12]"]),
    "a power": (model(apply("times", "c", "k", apply("power", "A", 2.0)), reactants=refs("A", "A")), ["2A -> B [3]"]),
    "one species named twice": (
        model(apply("times", "c", "k", "A", "A"), reactants=refs("A") + refs("A")),
        ["2A -> B [3]"],
    ),
    "a local parameter before a global one": (
        model(
            apply("times", "c", "k", "A"),
            local='<listOfLocalParameters><localParameter id="k" value="11"/></listOfLocalParameters>',
        ),
        ["A -> B [11]"],
    ),
    "both ways": (
        model(
            apply("times", "c", apply("minus", apply("times", "k", "A"), apply("times", "kr", "B"))), reversible="true"
        ),
        ["A -> B [3]", "B -> A [0.5]"],
    ),
    "only backwards": (model(apply("minus", apply("times", "c", "kr", "B")), reversible="true"), ["B -> A [0.5]"]),
    "both ways, one of them never": (
        model(apply("times", "c", apply("minus", apply("times", "k", "A"), apply("times", 0.0, "B")))),
        ["A -> B [3]"],
    ),
    "an enzyme": (model(apply("times", "c", "k", "A", "E"), modifiers=ENZYME), ["A + E -> B + E [3]"]),
    "autocatalysis": (model(apply("times", "c", "k", "A", "B")), ["A + B -> 2B [3]"]),
    "amounts": (
        model(
            apply("times", "k", "A", "E"),
            size="4",
            species=species("A", 'initialAmount="2"', counted=True) + species("B") + species("E", counted=True),
            modifiers=ENZYME,
        ),
        ["A + E -> B + E [12]"],
    ),
    "nothing made from nothing": (model(apply("times", "c", "k"), reactants=""), ["-> B [3]"]),
    "a function of the model": (
        model(apply("times", "c", apply("flux", "k", "A")), definitions=COPASI_FLUX),
        ["A -> B [3]"],
    ),
    "a boundary species": (
        model(apply("times", "c", "k", "A"), species=species("A", held=True) + species("B") + species("E")),
        ["A -> B [3]"],
    ),
}


@pytest.mark.parametrize("what", READ)
def test_models_of_others(what: str) -> None:
    text, expected = READ[what]
    crn = read_sbml(text)
    assert [str(r) for r in crn.reactions] == expected
    law = MassAction(crn)
    ours = dict(zip(law.species, law.derivative(law.state()), strict=True))
    for name, rate in changes(text).items():
        assert ours[name] == pytest.approx(rate, rel=1e-12, abs=1e-12)
    assert crn.constant == (("A",) if what == "a boundary species" else ())


def test_units_become_molar() -> None:
    units, definitions = MILLI
    law = apply("times", "c", "k", "A", "A")
    crn = read_sbml(model(law, units=units, definitions=definitions, reactants=refs("A", "A"), size="5"))
    # 2 mmol/ml are 2 M; 3 (mmol/ml)^-1/min are 3 /M/min = 0.05 /M/s.
    assert crn.units is Units.MOLAR
    assert dict(crn.initial)["A"] == pytest.approx(2.0, rel=1e-15)
    assert crn.reactions[0].k == pytest.approx(0.05, rel=1e-15)
    items = read_sbml(
        model(law, units=' substanceUnits="item" volumeUnits="litre" timeUnits="second"', reactants=refs("A", "A"))
    )
    assert dict(items.initial)["A"] == pytest.approx(2 / 6.02214076e23)
    assert items.reactions[0].k == pytest.approx(3 * 6.02214076e23)
    assert read_sbml(model(law, reactants=refs("A", "A"))).units is Units.FORMAL


def test_older_levels() -> None:
    text = (DATA / "sbml_level2.xml").read_text(encoding="utf-8")
    crn = read_sbml(text)
    # Level 2 is in mol, l and s unless it says otherwise; here an amount is one of nmol.
    assert [r.equation for r in crn.reactions] == ["E + S -> ES", "ES -> E + S", "ES -> E + P"]
    assert [r.k for r in crn.reactions] == pytest.approx([0.002e9, 0.1, 0.05])
    assert dict(crn.initial) == {"E": pytest.approx(50e-9), "S": pytest.approx(1e-6)}
    assert read_sbml((DATA / "sbml_level1.xml").read_text(encoding="utf-8")).reactions[0].k == 0.25


def test_start_values_that_are_assigned() -> None:
    found = {"A": apply("times", "none", "E", "c"), "none": apply("power", "k", 2.0)}
    assigned = (f'<initialAssignment symbol="{s}"><{MATHS}>{m}</math></initialAssignment>' for s, m in found.items())
    middle = f"<listOfInitialAssignments>{''.join(assigned)}</listOfInitialAssignments>"
    text = model(apply("times", "c", "none", "A"), middle=middle)
    crn = read_sbml(text)
    assert dict(crn.initial)["A"] == 3**2 * 2
    assert crn.reactions[0].k == 9
    assert roadrunner.RoadRunner(text).getValue("[A]") == 18


def test_names() -> None:
    named = (
        model(apply("times", "c", "k", "A"))
        .replace('id="A"', 'id="A" name="Glucose"')
        .replace('id="B"', 'id="B" name="B"')
    )
    assert read_sbml(named.replace('id="E"', 'id="E" name="E"')).species[0] == "Glucose"
    assert read_sbml(named.replace('id="E"', 'id="E" name="an enzyme"')).species[0] == "A"
    assert read_sbml(named.replace('id="E"', 'id="E" name="Glucose"')).species[0] == "A"


RULE = f'<listOfRules><rateRule variable="A"><{MATHS}><ci>k</ci></math></rateRule></listOfRules>'
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
DOUBLING = (
    f'<listOfFunctionDefinitions><functionDefinition id="f"><{MATHS}><lambda><bvar><ci>x</ci></bvar><ci>x</ci></lambda></math>'
    f'</functionDefinition><functionDefinition id="g"><{MATHS}><lambda><bvar><ci>x</ci></bvar><apply><ci>f</ci><ci>x</ci></apply>'
    "</lambda></math></functionDefinition></listOfFunctionDefinitions>"
)
REFUSED = {
    "Michaelis-Menten": (
        model(apply("divide", apply("times", "k", "A"), apply("plus", "kr", "A"))),
        "'R' cannot be read: it divides by A, which changes",
    ),
    "the wrong order": (model(apply("times", "c", "k", "A"), reactants=refs("A", "A")), "is not mass action"),
    "a factor of the law": (
        model(apply("times", "c", "k", "A", apply("minus", "A", 1.0)), reactants=refs("A", "A")),
        "'R' cannot be read: its law 'c * k * A * (A - 1)' is not mass action",
    ),
    "a sum": (model(apply("times", "c", "k", apply("plus", "A", "B"))), "is not mass action"),
    "a negative constant": (model(apply("times", "c", -1.0, "A")), "is not mass action"),
    "no law": (model(""), "'R' cannot be read: it has no kinetic law"),
    "time": (model(apply("times", TIME, "A")), "is more than arithmetic"),
    "a root of a species": (model(apply("times", "c", apply("power", "A", 0.5))), "to the power 0.5"),
    "a rate of 0": (model(apply("times", "c", 0.0, "A")), "its rate is 0"),
    "a parameter without a value": (model(apply("times", "none", "A")), "'none' has no value"),
    "half a molecule": (
        model(
            apply("times", "c", "k", "A"),
            products='<speciesReference species="B" stoichiometry="0.5" constant="true"/>',
        ),
        "the stoichiometry of B",
    ),
    "a rule": (
        model(apply("times", "k", "A"), middle=RULE, species=species("A", held=True) + species("B")),
        "a rule: only mass-action reactions are read",
    ),
    "two volumes": (
        model(
            apply("times", "k", "A"),
            compartments='<compartment id="d" spatialDimensions="3" size="2" constant="true"/>',
            species=species("A") + species("B").replace('compartment="c"', 'compartment="d"'),
        ),
        "compartments of different sizes (c 1, d 2)",
    ),
    "no volume": (model(apply("times", "k", "A")).replace(' size="1"', ""), "the compartment 'c': 'c' has no value"),
    "no amount": (
        model(apply("times", "k", "A"), species=species("A", "") + species("B")),
        "the initial amount of 'A'",
    ),
    "a negative amount": (
        model(apply("times", "k", "A"), species=species("A", 'initialConcentration="-1"') + species("B")),
        "the initial amount of 'A' is -1",
    ),
    "moles without litres": (model(apply("times", "k", "A"), units=' substanceUnits="mole"'), "volumes in no unit"),
    "grams": (model(apply("times", "k", "A"), units=' substanceUnits="gram"'), "amounts in gram"),
    "functions of functions": (model(apply("times", "k", "A"), definitions=DOUBLING), "'g' calls a function"),
    "what SBML itself forbids": (model(apply("times", "k", "nowhere")), "the formula 'nowhere' in the math"),
    "a package": (
        model("<ci>k</ci>").replace("<sbml ", '<sbml xmlns:q="http://example.org/q" q:required="true" '),
        "the package q changes what the model means",
    ),
    "a document type": (model("<ci>k</ci>").replace("<sbml", "<!DOCTYPE sbml><sbml"), "a document type is not read"),
    "another encoding": (model("<ci>k</ci>").replace("UTF-8", "ISO-8859-1"), "it is in ISO-8859-1"),
    "a deep formula": (
        model("<apply><plus/><ci>k</ci>" * 5000 + "<ci>k</ci>" + "</apply>" * 5000),
        "nested more than 300",
    ),
    "a wide formula": (model(apply("plus", *["k"] * 300_000)), "joins more than that many values"),
    "no model": (
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"/>',
        "no model definition found",
    ),
    "another XML": ("<html><body/></html>", "Document does not conform"),
    "no XML": ("A -> B", "this is not XML"),
    "nothing": ("", "this is not XML"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_is_said(what: str) -> None:
    text, message = REFUSED[what]
    with pytest.raises(CircuitError) as caught:
        read_sbml(text, "model.xml")
    assert message.casefold() in str(caught.value).casefold()
    assert all(d.span is not None and d.span.source == "model.xml" for d in caught.value.diagnostics)


def test_a_fault_has_its_line() -> None:
    text = model(apply("divide", "k", "A"))
    with pytest.raises(CircuitError) as caught:
        read_sbml(text, "model.xml")
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert text.splitlines()[span.line - 1].startswith('<reaction id="R"')


def test_the_command_line_takes_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "net.crn"
    source.write_text("A + B -> C [0.25]; 2C -> A; A @i 1; B @i 0.5\n")
    first = run(capsys, "compile", str(source), "-o", str(tmp_path / "one"), "--json").json
    written = tmp_path / "one" / "formal.xml"
    assert str(written) in first["files"]
    assert sbml_errors(written.read_text()) == ()
    second = run(capsys, "compile", str(written), "--json").json
    assert second["dna"] == first["dna"]
    assert second["complexes"] == first["complexes"]
    renamed = tmp_path / "model.sbml"
    renamed.write_text(written.read_text())
    ran = run(capsys, "simulate", str(renamed), "--until", "2", "--level", "formal", "--json").json
    assert ran["species"] == ["A", "B", "C"]
    assert run(capsys, "verify", str(source), str(renamed)).code == 0
    odd = tmp_path / "odd.xml"
    odd.write_text(write_sbml(CRN.build([Reaction("r", Bag.of("t1( b2 )"), Bag.of("A"))])))
    refused = run(capsys, "compile", str(odd))
    assert refused.code == 2
    assert "'t1( b2 )'" in refused.err
    missing = run(capsys, "compile", str(tmp_path / "nowhere.xml"))
    assert missing.code == 2
    assert "cannot be read" in missing.err
