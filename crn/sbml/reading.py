"""Mass-action models read from SBML of any level, everything else refused by name and place.

A network is one tube, so amounts and volumes become concentrations here; what is written in mol or molecules comes out in M and s.
What the formula of a kinetic law says is found out in `crn.sbml.formulas`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from xml.parsers import expat

import libsbml

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import CRN, NAME, Bag, Origin, Reaction, Species, Units
from crn.quantities import Faults, shown
from crn.sbml.formulas import Laws, Polynomial, Unreadable
from crn.sbml.ids import Ids, sid_of, stands_for
from crn.text import MAX_MOLECULES

MAX_DEPTH = 300
"""Elements within elements that are read, and values that an operation may join: libsbml itself, which takes ``a + b + c`` for
``(a + b) + c``, runs out of stack at some ten thousand."""

MAX_ASSIGNMENTS = 200
"""Initial assignments that are read: the search of libsbml for circles among them takes more than cubic time."""

_AVOGADRO = 6.02214076e23


def read_sbml(text: str, source: str = "<input>") -> CRN:
    """Read a mass-action model.

    Parameters
    ----------
    text : str
        Level 1, 2 or 3.
    source : str
        Name of the file.

    Returns
    -------
    CRN
        Molar, converted to M and s, where amounts are in mol or molecules, and formal where they have no unit. Species are called
        by their names if these can be told apart and written in a `.crn`, else by their ids; boundary and constant species are
        held constant. The reverse of r1 is r1r. What a law needs beyond its reactants (an enzyme, say) becomes a catalyst.

    Raises
    ------
    CircuitError
        With every fault: what is not SBML, rules, events, laws that are not mass action, stoichiometries that are not whole.
    """
    lines = text.split("\n")
    _check_xml(text, source, lines)
    document = libsbml.readSBMLFromString(text)
    _raise_errors(document, source, lines)
    model = document.getModel()
    if model is None:
        raise CircuitError(Diagnostic("there is no model in it", Span(source, 1, 1)))
    _refuse_what_takes_forever(model, source, lines)
    for category in ("UNITS_CONSISTENCY", "MODELING_PRACTICE", "SBO_CONSISTENCY"):
        document.setConsistencyChecks(getattr(libsbml, f"LIBSBML_CAT_{category}"), False)
    document.checkConsistency()
    _raise_errors(document, source, lines)
    try:
        return _Model(model, source, lines).crn()
    except RecursionError:
        raise CircuitError(f"{source}: values that depend on each other in too long a chain") from None


def sbml_errors(text: str) -> tuple[str, ...]:
    """Return what the complete consistency check of libsbml, units included, calls an error; empty for a valid file."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    found = (document.getError(i) for i in range(document.getNumErrors()))
    return tuple(e.getMessage().strip() for e in found if e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR)


def _check_xml(text: str, source: str, lines: list[str]) -> None:
    """Refuse what is not XML, and what would overwhelm the parser of libsbml, which has no limits of its own."""
    parser = expat.ParserCreate()
    nested = 0  # how deep this is, plus what the open operations have joined so far
    joined: list[int | None] = []  # of every open element: the values before here, if it is an operation

    def fail(message: str, advice: str = "") -> None:
        place = _span(source, lines, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise CircuitError(Diagnostic(message, place, advice))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal nested
        for package in (a.removesuffix(":required") for a, value in attributes.items() if value in ("true", "1")):
            if nested == 0 and f"{package}:required" in attributes:
                fail(f"the package {package} changes what the model means; it is not read")
        nested += 1
        if joined and joined[-1] is not None:
            joined[-1] += 1
            nested += 1
        joined.append(0 if name.rpartition(":")[2] == "apply" else None)
        if nested > MAX_DEPTH:
            fail(f"elements are nested more than {MAX_DEPTH} deep, or an operation joins more than that many values")

    def end(_name: str) -> None:
        nonlocal nested
        nested -= 1 + (joined.pop() or 0)

    def doctype(*_: object) -> None:
        fail("a document type is not read", "leave the line <!DOCTYPE ...> out")

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.casefold() not in ("utf-8", "us-ascii"):
            fail(f"the file says that it is in {encoding}", "SBML is in UTF-8")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = doctype, declaration
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        message = f"this is not XML: {expat.ErrorString(error.code)}"
        raise CircuitError(Diagnostic(message, _span(source, lines, error.lineno, error.offset + 1))) from None


def _span(source: str, lines: list[str], line: int, column: int = 1) -> Span:
    text = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    return Span(source, max(1, line), min(max(1, column), len(text) + 1), text)


def _raise_errors(document: libsbml.SBMLDocument, source: str, lines: list[str]) -> None:
    faults = Faults()
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and not faults.full:
            # A message is a rule of the standard, its paragraph, and then in most cases what breaks it here.
            rule, _, here = error.getMessage().partition("\nReference:")
            words = " ".join(here.partition("\n")[2].split()) or " ".join(rule.split())
            message = f"{error.getShortMessage()}: {words}" if error.getShortMessage() else words
            faults.add(message[:500], _span(source, lines, error.getLine(), error.getColumn()))
    faults.raise_if_any()


def _refuse_what_takes_forever(model: libsbml.Model, source: str, lines: list[str]) -> None:
    """Refuse what keeps the consistency check of libsbml busy for good: functions that double each other, long chains of values."""
    if model.getNumInitialAssignments() > MAX_ASSIGNMENTS:
        found = model.getListOfInitialAssignments()
        place = _span(source, lines, found.getLine(), found.getColumn())
        raise CircuitError(
            Diagnostic(f"more than {MAX_ASSIGNMENTS} initial assignments", place, "write the values themselves")
        )
    for i in range(model.getNumFunctionDefinitions()):
        definition = model.getFunctionDefinition(i)
        waiting = [definition.getBody()]
        while waiting:
            node = waiting.pop()
            if node is not None and node.getType() == libsbml.AST_FUNCTION:
                place = _span(source, lines, definition.getLine(), definition.getColumn())
                raise CircuitError(Diagnostic(f"the function {_shown(definition)} calls a function", place))
            waiting += [node.getChild(j) for j in range(node.getNumChildren())] if node is not None else []


class _Model:
    """One model on its way to a network."""

    def __init__(self, model: libsbml.Model, source: str, lines: list[str]) -> None:
        self.model, self.source, self.lines = model, source, lines
        self.faults = Faults()
        self.species = [model.getSpecies(i) for i in range(model.getNumSpecies())]
        self.volume = 1.0
        self.called = _names([(s.getId(), s.getName()) for s in self.species])
        self.counted = [self.called[s.getId()] for s in self.species if s.getHasOnlySubstanceUnits()]
        self.laws = Laws(model, self.called)

    def fault(self, message: str, element: libsbml.SBase, advice: str = "") -> None:
        self.faults.add(message, self.place(element), advice)

    def place(self, element: libsbml.SBase) -> Span:
        return _span(self.source, self.lines, element.getLine(), element.getColumn())

    def crn(self) -> CRN:
        """Return the network, or raise every fault."""
        self._refuse()
        self.faults.raise_if_any()
        self._volume()
        units, concentration, time = self._units()
        held = [s for s in self.species if s.getBoundaryCondition() or s.getConstant()]
        reactions: list[Reaction] = []
        for i in range(self.model.getNumReactions()):
            one = self.model.getReaction(i)
            try:
                reactions += self._reaction(one, concentration, time)
            except (Unreadable, ArithmeticError) as why:
                advice = why.advice if isinstance(why, Unreadable) else ""
                self.fault(f"the reaction {_shown(one)} cannot be read: {why}", one, advice)
        used = {s for r in reactions for s in (*r.reactants.support, *r.products.support)}
        constant = [self.called[s.getId()] for s in held]
        initial = {}
        for one in self.species:
            name, amount = self.called[one.getId()], self._initial(one) * concentration
            if amount > 0 or name not in used or name in constant:
                initial[name] = amount
        if not self.model.getNumReactions():
            self.fault("no reactions", self.model)
        self.faults.raise_if_any()
        return CRN.build(_told_apart(reactions), initial, constant=constant, units=units)

    def _refuse(self) -> None:
        """Note everything that a network of mass-action reactions does not have."""
        model = self.model
        for what, found in (("a rule", model.getListOfRules()), ("an event", model.getListOfEvents())):
            for i in range(found.size()):
                self.fault(f"{what}: only mass-action reactions are read", found.get(i))
        for element in (model, *self.species):
            if element.isSetConversionFactor():
                self.fault("a conversion factor is not read", element)

    def _volume(self) -> None:
        """Find the volume of the one tube that all species are in."""
        volumes = {}
        all_of_them = [self.model.getCompartment(i).getId() for i in range(self.model.getNumCompartments())]
        for name in dict.fromkeys(s.getCompartment() for s in self.species) or all_of_them:
            compartment = self.model.getCompartment(name)
            try:
                volumes[name] = self.laws.value(name)
            except (Unreadable, ArithmeticError) as why:
                self.fault(f"the compartment {shown(name)}: {why}", compartment, 'write size="1"')
                continue
            if not (math.isfinite(volumes[name]) and volumes[name] > 0):
                self.fault(f"the size of the compartment {shown(name)} is {volumes[name]:g}", compartment)
        if len(set(volumes.values())) > 1:
            sizes = ", ".join(f"{n} {v:g}" for n, v in volumes.items())
            self.fault(f"compartments of different sizes ({sizes}): a network is in one tube", self.model)
        self.faults.raise_if_any()
        self.volume = next(iter(volumes.values()), 1.0)

    def _initial(self, one: libsbml.Species) -> float:
        """Return the initial concentration in the units of the model."""
        try:
            amount = self.laws.value(one.getId()) / (self.volume if one.getHasOnlySubstanceUnits() else 1.0)
        except (Unreadable, ArithmeticError) as why:
            self.fault(f"the initial amount of {_shown(one)}: {why}", one, 'write initialConcentration="0"')
            return 0.0
        if not (math.isfinite(amount) and amount >= 0):
            self.fault(f"the initial amount of {_shown(one)} is {amount:g}; it must be finite and not negative", one)
            return 0.0
        return amount

    def _units(self) -> tuple[Units, float, float]:
        """Return what amounts mean, and by what a concentration and a time are multiplied to be in M and s."""
        model = self.model
        of_model = [model.getSubstanceUnits(), model.getVolumeUnits(), model.getTimeUnits()]
        if model.getLevel() < 3:  # these were built in, with a meaning that a model may change
            built_in = (("substance", "mole"), ("volume", "litre"), ("time", "second"))
            of_model = [name if model.getUnitDefinition(name) else unit for name, unit in built_in]
        compartments = {model.getCompartment(s.getCompartment()).getUnits() for s in self.species} - {"", "volume"}
        (substance, substance_kind), (volume, volume_kind), (time, time_kind) = (
            self._unit(name) for name in (of_model[0], next(iter(sorted(compartments)), of_model[1]), of_model[2])
        )
        odd = {s.getSubstanceUnits() for s in self.species} - {"", "substance", of_model[0]}
        if odd or len(compartments) > 1:
            self.fault("species in different units", model, "give all of them the units of the model")
        if substance_kind in ("", "dimensionless"):
            return Units.FORMAL, 1.0, 1.0
        kinds = {"mole": 1.0, "item": 1 / _AVOGADRO}
        if substance_kind not in kinds:
            self.fault(f"amounts in {substance_kind}", model, "write them in mole or item, or without dimension")
        elif volume_kind != "litre" or time_kind != "second":
            message = f"amounts are in {substance_kind}, but volumes in {volume_kind or 'no unit'}"
            self.fault(f"{message} and times in {time_kind or 'no unit'}", model, "write litre and second")
        return Units.MOLAR, substance * kinds.get(substance_kind, 1.0) / volume, time

    def _unit(self, name: str) -> tuple[float, str]:
        """Return a unit as a factor and what it is a multiple of; litres and items where it is a volume and a number."""
        definition = self.model.getUnitDefinition(name) if name else None
        if definition is None:
            return 1.0, name.replace("liter", "litre")  # as Level 1 spells it
        factor = 1.0
        powers: dict[str, float] = {}
        for i in range(definition.getNumUnits()):
            unit = definition.getUnit(i)
            exponent = unit.getExponentAsDouble()
            factor *= (unit.getMultiplier() * 10.0 ** unit.getScale()) ** exponent
            kind = libsbml.UnitKind_toString(unit.getKind()).replace("liter", "litre")
            if kind != "dimensionless":
                powers[kind] = powers.get(kind, 0) + exponent
        if powers == {"metre": 3}:
            return factor * 1000, "litre"
        if all(n == 1 for n in powers.values()) and len(powers) <= 1:
            return factor, next(iter(powers), "dimensionless")
        return factor, name

    def _reaction(self, one: libsbml.Reaction, concentration: float, time: float) -> list[Reaction]:
        """Return a reaction as it is in a network, and its reverse where its law has two terms."""
        sides = [
            _side([getattr(one, f"get{side}")(i) for i in range(getattr(one, f"getNum{side}s")())], self.called)
            for side in ("Reactant", "Product")
        ]
        if one.isSetFast() and one.getFast():
            raise Unreadable("it is marked as fast", 'a network has rates: write fast="false"')
        law = one.getKineticLaw()
        if law is None or law.getMath() is None:
            raise Unreadable("it has no kinetic law", "write compartment * k * the product of its reactants")
        scaled: Polynomial = {}
        for bag, value in self.laws.polynomial(law).items():
            amounts = sum(n for s, n in bag if s in self.counted)
            scaled[bag] = value * self.volume**amounts / self.volume
        forward = [(b, v) for b, v in scaled.items() if v > 0]
        backward = [(b, -v) for b, v in scaled.items() if v < 0]
        if any(math.isnan(v) for v in scaled.values()):
            raise Unreadable("its rate is not a number")
        if not forward and not backward:
            raise Unreadable("its rate is 0", "leave out a reaction that never fires")
        name = one.getName() if stands_for(one.getId(), one.getName()) else one.getId()
        found = []
        for mark, terms_of_way, (left, right) in (("", forward, sides), ("r", backward, sides[::-1])):
            if len(terms_of_way) > 1 or any(not left <= b for b, _ in terms_of_way):
                wanted = f"k * {' * '.join(s if n == 1 else f'{s}^{n}' for s, n in left)}" if left else "k"
                raise Unreadable(
                    f"its law {shown(libsbml.formulaToL3String(law.getMath()), 120)} is not mass action",
                    f"for the {'reverse' if mark else 'forward'} way {wanted} times the compartment is read",
                )
            for bag, value in terms_of_way:
                k = value * concentration ** (1 - len(bag)) / time
                if not (math.isfinite(k) and k > 0):
                    raise Unreadable(f"its rate constant is {k:g}")
                found.append(Reaction(name + mark, bag, right + (bag - left), k, Origin(span=self.place(one))))
        return found


def _side(references: list[libsbml.SpeciesReference], called: Mapping[str, Species]) -> Bag:
    counts: dict[Species, int] = {}
    for reference in references:
        n = float(reference.getStoichiometry())
        if reference.isSetStoichiometryMath() or not (1 <= n <= MAX_MOLECULES and n.is_integer()):
            raise Unreadable(
                f"the stoichiometry of {reference.getSpecies()} is not a whole number from 1 to {MAX_MOLECULES}"
            )
        counts[called[reference.getSpecies()]] = counts.get(called[reference.getSpecies()], 0) + int(n)
    return Bag.from_counts(counts)


def _names(pairs: list[tuple[str, str]]) -> dict[str, Species]:
    """Return what every species is called: all by their names, or all by their ids."""
    names = [name for _, name in pairs]
    good = len(set(names)) == len(names) and all(NAME.fullmatch(n) or stands_for(i, n) for i, n in pairs)
    return {i: n if good else i for i, n in pairs}


def _told_apart(reactions: Iterable[Reaction]) -> list[Reaction]:
    """Give a reaction whose id is taken, as r1r may be by a reaction of the model, another one."""
    ids = Ids()
    kept = []
    for r in reactions:
        taken = ids.fresh(r.id)
        kept.append(r if taken == sid_of(r.id) else Reaction(taken, r.reactants, r.products, r.k, r.origin))
    return kept


def _shown(element: libsbml.SBase) -> str:
    return shown(element.getId() or element.getName())
