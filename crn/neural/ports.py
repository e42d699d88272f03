"""Port lines: how a `.crn` file says what learns in it, and how a circuit is written back.

The lines begin with ``#!`` and are comments to other readers::

    #! input x1 -> X1p X1m              # positive part, negative part; a port may have several such lines
    #! target y -> Em Ep scale 1.5      # formal amount per unit of the value
    #! input x2 -> X2p X2m scale 2 offset 0.5    # 2 (x2 - 0.5) is dosed
    #! target z -> Fm Fp offset least    # or mean: of the data, once they are known
    #! output yhat = 1.2 Ep - 1.2 Em + y    # species, and targets as far as they are known
    #! parameter P1 = P1p - P1m
    #! phase forward flush Z add X1p X1m Em CF=1 wait 5 read    # outputs are read at its end
    #! phase feedback add U1p U1m CB=1 step U1p U1m wait 5    # the step is proportional to U1p and U1m: --schedule
    #! batch update add CU=1 wait 5    # after the last sample of every batch
    #! schedule exponential:half=10    # how the step shrinks unless --schedule says otherwise
    #! classes disc ring threshold 0.5    # or a class for each target, of which the largest output decides

A phase that adds a species of a port doses the port's value; carriers that no phase mentions are added in the first one. Unless
a phase says ``read``, outputs are read at the end of the first.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from crn.diagnostics import CircuitError, Collector, Diagnostic, Span
from crn.network import NAME, Species
from crn.neural.circuit import ABOUT, Carrier, LearningCircuit, Phase, Reading
from crn.neural.classes import Classes
from crn.neural.schedule import CONSTANT, Schedule, read_schedule
from crn.quantities import nearest
from crn.text import CrnText, PortLine, write_crn

_WORD = re.compile(r"\S+")
_TERM = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?:(?P<factor>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)\s*\*?\s*)?(?P<name>[A-Za-z_][\w']*)"
)


@dataclass(slots=True)
class _Ports:
    inputs: list[Carrier] = field(default_factory=list)
    targets: list[Carrier] = field(default_factory=list)
    outputs: list[Reading] = field(default_factory=list)
    parameters: list[Reading] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    batch_end: list[Phase] = field(default_factory=list)
    read_after: int | None = None
    classes: Classes | None = None
    schedule: Schedule | None = None


class _Line:
    """One port line, word by word, each with its place."""

    def __init__(self, line: PortLine) -> None:
        self.span, self.text = line.span, line.text
        self.words = [(m.group(), m.start()) for m in _WORD.finditer(line.text)]

    def at(self, offset: int, length: int = 1) -> Span:
        return Span(self.span.source, self.span.line, self.span.column + offset, self.span.text, max(1, length))

    def fault(self, message: str, offset: int | None = None, length: int = 1, advice: str = "") -> CircuitError:
        place = self.at(len(self.text) if offset is None else offset, length)
        return CircuitError(Diagnostic(message, place, advice))

    def word(self, number: int, expected: str) -> tuple[str, int]:
        if number >= len(self.words):
            raise self.fault(f"expected {expected}")
        return self.words[number]


def learning_circuit(parsed: CrnText, name: str) -> LearningCircuit | None:
    """Return the learning circuit that the port lines of a text describe, or None if it has none.

    Raises
    ------
    CircuitError
        With every fault of the port lines.
    """
    ports, faults = _Ports(), Collector()
    known = set(parsed.crn.species)
    lines = [_Line(p) for p in parsed.ports if not p.text.startswith("units")]
    if not lines:
        return None
    for line in lines:
        try:
            _read(line, ports, known)
        except CircuitError as error:
            faults.found += error.diagnostics
    faults.raise_if_any()
    for kind, found in (("input", ports.inputs), ("target", ports.targets), ("output", ports.outputs)):
        if not found:
            faults.add(
                f"{name} has port lines but no {kind}", lines[-1].span, f"add a line such as #! {_EXAMPLES[kind]}"
            )
    if not ports.phases:
        faults.add(f"{name} has port lines but no phase", lines[-1].span, f"add a line such as #! {_EXAMPLES['phase']}")
    faults.raise_if_any()
    return LearningCircuit(
        name,
        parsed.crn,
        tuple(ports.inputs),
        tuple(ports.targets),
        tuple(ports.outputs),
        tuple(ports.parameters),
        _with_rest(ports),
        read_after=ports.read_after or 0,
        batch_end=tuple(ports.batch_end),
        classes=ports.classes,
        schedule=ports.schedule or CONSTANT,
    )


_EXAMPLES = {
    "input": "input x1 -> X1p X1m",
    "target": "target y -> Em",
    "output": "output yhat = Ep - Em",
    "parameter": "parameter P1 = P1p - P1m",
    "phase": "phase forward add XF wait 5",
    "batch": "batch update add CU wait 5",
    "schedule": "schedule exponential:half=10",
    "classes": "classes disc ring threshold 0.5",
}


def _read(line: _Line, ports: _Ports, known: set[Species]) -> None:
    kind, offset = line.word(0, f"one of {', '.join(_EXAMPLES)}")
    if kind in ("input", "target"):
        (ports.inputs if kind == "input" else ports.targets).extend(_carriers(line, known))
    elif kind in ("output", "parameter"):
        targets = {c.port for c in ports.targets}
        reading = _reading(line, known, targets if kind == "output" else set())
        (ports.outputs if kind == "output" else ports.parameters).append(reading)
    elif kind == "phase":
        carried = {c.species for c in ports.inputs + ports.targets}
        phase, read = _phase(line, known, carried)
        if read is not None:
            if ports.read_after is not None:
                raise line.fault(
                    "outputs are read at the end of one phase, and an earlier line has said which", read, 4
                )
            ports.read_after = len(ports.phases)
        ports.phases.append(phase)
    elif kind == "batch":
        phase, read = _phase(line, known, set())
        if read is not None:
            raise line.fault("outputs are read for every sample, not at the end of a batch", read, 4)
        ports.batch_end.append(phase)
    elif kind == "classes":
        if ports.classes is not None:
            raise line.fault("classes are named twice", offset, len(kind))
        ports.classes = _classes(line)
    elif kind == "schedule":
        if ports.schedule is not None:
            raise line.fault("the schedule is named twice", offset, len(kind))
        ports.schedule = _schedule(line)
    else:
        raise line.fault(f"unknown port line {kind!r}", offset, len(kind), nearest(kind, _EXAMPLES))


def _species(line: _Line, word: str, offset: int, known: set[Species]) -> Species:
    if word not in known:
        raise line.fault(f"no reaction has the species {word}", offset, len(word), nearest(word, known))
    return word


def _carriers(line: _Line, known: set[Species]) -> list[Carrier]:
    port, offset = line.word(1, "the name of the port")
    if not NAME.fullmatch(port):
        raise line.fault(f"{port!r} is not a name", offset, len(port))
    arrow, offset = line.word(2, "'->'")
    if arrow != "->":
        raise line.fault(f"expected '->', found {arrow!r}", offset, len(arrow))
    words, scale, taken_off, about = line.words[3:], 1.0, 0.0, ""
    while len(words) >= 2 and words[-2][0] in ("scale", "offset"):
        if words[-2][0] == "scale":
            scale = _positive(line, *words[-1])
        elif words[-1][0] in ABOUT:
            about = words[-1][0]
        else:
            taken_off = _number(line, *words[-1])
        words = words[:-2]
    if not 1 <= len(words) <= 2:
        raise line.fault("expected one species, or two: for the positive and for the negative part")
    species = [_species(line, w, o, known) for w, o in words]
    return [Carrier(port, s, sign, scale, taken_off, about) for s, sign in zip(species, (1, -1), strict=False)]


def _schedule(line: _Line) -> Schedule:
    text, offset = line.word(1, "a schedule, as in exponential:half=10")
    if len(line.words) > 2:
        raise line.fault("expected one schedule", line.words[2][1], len(line.words[2][0]))
    try:
        return read_schedule(text)
    except CircuitError as error:
        first = error.diagnostics[0]
        raise line.fault(first.message, offset, len(text), first.advice) from None


def _reading(line: _Line, known: set[Species], targets: set[str]) -> Reading:
    name, _ = line.word(1, "a name")
    equals, offset = line.word(2, "'='")
    if equals != "=":
        raise line.fault(f"expected '=', found {equals!r}", offset, len(equals))
    at = offset + 1
    terms: list[tuple[Species, float]] = []
    known_targets: list[tuple[str, float]] = []
    while line.text[at:].strip():
        match = _TERM.match(line.text, at)
        if match is None or ((terms or known_targets) and not match["sign"]):
            at += len(line.text[at:]) - len(line.text[at:].lstrip())
            raise line.fault("expected a sum such as 0.5 Ep - 0.5 Em", at)
        factor = float(match["factor"] or 1) * (-1 if match["sign"] == "-" else 1)
        word = match["name"]
        if word in targets and word not in known:
            known_targets.append((word, factor))
        else:
            terms.append((_species(line, word, match.start("name"), known), factor))
        at = match.end()
    if not terms:
        raise line.fault("expected a sum of species")
    return Reading(name, tuple(terms), tuple(known_targets))


def _phase(line: _Line, known: set[Species], carried: set[Species]) -> tuple[Phase, int | None]:
    """Return a phase, and where its line says that outputs are read at its end."""
    name, _ = line.word(1, "the name of the phase")
    add: list[tuple[Species, float | None]] = []
    flush: list[Species] = []
    step: list[tuple[Species, int]] = []
    wait: float | None = None
    read: int | None = None
    mode = ""
    for word, offset in line.words[2:]:
        if word in ("add", "flush", "step", "wait"):
            mode = word
        elif word == "read" and word not in known:
            mode, read = word, offset
        elif mode == "wait" and wait is None:
            wait = _positive(line, word, offset)
        elif mode == "flush":
            flush.append(_species(line, word, offset, known))
        elif mode == "step":
            step.append((_species(line, word, offset, known), offset))
        elif mode == "add":
            label, equals, amount = word.partition("=")
            species = _species(line, label, offset, known)
            fixed = _positive(line, amount, offset + len(label) + 1) if equals else None if species in carried else 1.0
            add.append((species, fixed))
        else:
            raise line.fault(f"expected add, flush, step, wait or read, found {word!r}", offset, len(word))
    if wait is None:
        raise line.fault("expected 'wait' and a duration")
    for species, offset in step:
        if species not in {s for s, _ in add}:
            raise line.fault(f"{species} is not added in this phase, so it cannot set the step", offset, len(species))
    return Phase(name, tuple(add), wait, tuple(flush), tuple(s for s, _ in step)), read


def _classes(line: _Line) -> Classes:
    words, threshold = line.words[1:], None
    if len(words) >= 2 and words[-2][0] == "threshold":
        threshold = _number(line, *words[-1])
        words = words[:-2]
    try:
        return Classes(tuple(w for w, _ in words), threshold)
    except CircuitError as error:
        raise line.fault(error.diagnostics[0].message, line.words[0][1], len(line.words[0][0])) from None


def _number(line: _Line, word: str, offset: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise line.fault(f"expected a number, found {word!r}", offset, len(word))
    return value


def _positive(line: _Line, word: str, offset: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 < value < math.inf:
        raise line.fault(f"expected a positive number, found {word!r}", offset, len(word))
    return value


def _with_rest(ports: _Ports) -> tuple[Phase, ...]:
    """Add the carriers that no phase mentions to the first one."""
    mentioned = {s for p in ports.phases for s, _ in p.add}
    rest = dict.fromkeys(c.species for c in ports.inputs + ports.targets if c.species not in mentioned)
    first = ports.phases[0]
    more = tuple((s, None) for s in rest)
    return (dataclasses.replace(first, add=first.add + more), *ports.phases[1:])


def write_circuit(circuit: LearningCircuit) -> str:
    """Return a circuit as a `.crn` text with port lines, which reads back as an equal circuit (but for its formula)."""
    lines = [f"# {circuit.name}"]
    for kind, carriers in (("input", circuit.inputs), ("target", circuit.targets)):
        for group in _paired(carriers):
            first = group[0]
            scale = f" scale {first.scale!r}" if first.scale != 1 else ""
            taken_off = repr(first.offset) if first.offset else first.about
            scale += f" offset {taken_off}" if taken_off else ""
            lines.append(f"#! {kind} {first.port} -> {' '.join(c.species for c in group)}{scale}")
    for kind, readings in (("output", circuit.outputs), ("parameter", circuit.parameters)):
        for reading in readings:
            terms = "".join(
                f" {'-' if c < 0 else '+'} {'' if abs(c) == 1 else f'{abs(c)!r} '}{s}"
                for s, c in (*reading.terms, *reading.target_terms)
            )
            lines.append(f"#! {kind} {reading.name} = {terms.removeprefix(' + ').strip()}")
    for kind, phases in (("phase", circuit.phases), ("batch", circuit.batch_end)):
        for number, phase in enumerate(phases):
            words = ["flush", *phase.flush] if phase.flush else []
            words += ["add", *(s if a is None else f"{s}={a!r}" for s, a in phase.add)] if phase.add else []
            words += ["step", *phase.step] if phase.step else []
            words += ["wait", repr(phase.wait)]
            words += ["read"] if kind == "phase" and number == circuit.read_after > 0 else []
            lines.append(f"#! {kind} {phase.name} {' '.join(words)}")
    if circuit.classes is not None:
        rule = "" if circuit.classes.threshold is None else f" threshold {circuit.classes.threshold!r}"
        lines.append(f"#! classes {' '.join(circuit.classes.names)}{rule}")
    if not circuit.schedule.constant:
        lines.append(f"#! schedule {circuit.schedule}")
    return "\n".join(lines) + "\n" + write_crn(circuit.crn)


def _paired(carriers: Sequence[Carrier]) -> list[list[Carrier]]:
    """Group a carrier of a positive part with the one of the negative part that follows it."""
    groups: list[list[Carrier]] = []
    for carrier in carriers:
        if carrier.rail < 0 and groups and len(groups[-1]) == 1 and groups[-1][0].port == carrier.port:
            groups[-1].append(carrier)
        else:
            groups.append([carrier])
    return groups
