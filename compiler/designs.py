"""The designs of a sweep: what is varied, and for every combination the circuit and the options that it stands for.

A combination that cannot be is a design with a reason. What designs are good for is found out in `compiler.sweep`.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from compiler.compilation import CompileOptions
from compiler.design_point import Point
from compiler.noise import Noise, noise_of
from compiler.options import compile_options, load_source
from compiler.sources import Source, names_file
from compiler.training_words import SampleWords
from crn.diagnostics import CircuitError, Diagnostic
from crn.neural.catalog import named_family
from crn.neural.samples import Dataset
from crn.neural.schedule import read_schedule
from crn.quantities import nearest
from crn.simulate import STOCHASTIC, Stochastic
from dsd.schemes import SCHEMES, Lengths

MOST: Final = 10_000
"""Designs of one sweep."""
NOISE: Final = "noise."
"""What the name of an error begins with, as in ``noise.rates``."""
CIRCUIT: Final = "circuit."
"""What an option of the circuit may begin with, and has to where a word of the training has the same name, as ``batch``."""
_PHYSICAL: Final = ("scheme", "scale", "signal", "fuel", "qmax", "toehold", "long")
_TRAINING: Final = ("epochs", "batch", "schedule", "top-up")
_ERRORS: Final = tuple(f.name for f in dataclasses.fields(Noise) if f.name != "clock")
"""Errors that a design can have beside it; how much a clock leaks is an option of the circuit itself."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that is varied.

    Attributes
    ----------
    name : str
        An option of the command line without its dashes, ``toehold`` or ``long`` (nt), an option of the circuit, or ``noise.KEY``;
        that of the circuit may begin with ``circuit.``.
    values : tuple of str
        As they are typed.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Base:
    """What all designs of a sweep have in common, where an axis does not say otherwise.

    Attributes
    ----------
    source : str
    options : CompileOptions
    words : SampleWords
    noise : Noise
    rate, set_ : tuple of str
        As they are typed.
    seed : int
        Of what a built-in set of data draws.
    method : type of Stochastic
        What counts molecules, where there are any.
    """

    source: str
    options: CompileOptions
    words: SampleWords
    noise: Noise
    rate: tuple[str, ...] = ()
    set_: tuple[str, ...] = ()
    seed: int = 0
    method: type[Stochastic] = STOCHASTIC[0]


@dataclass(frozen=True, eq=False)
class Job:
    """What is trained for one design; pickles.

    Attributes
    ----------
    source : Source
        Without its family.
    data, validation : Dataset
    options : CompileOptions
    words : SampleWords
        With the number of epochs.
    noise : Noise
    method : type of Stochastic
    """

    source: Source
    data: Dataset
    validation: Dataset
    options: CompileOptions
    words: SampleWords
    noise: Noise
    method: type[Stochastic]


@dataclass(frozen=True, eq=False)
class Design:
    """One combination of what is varied.

    Attributes
    ----------
    number : int
        Counted from 1; the last axis changes fastest.
    choices : tuple of (str, str)
        The name of every axis with its value.
    command : str
        What builds it; empty if nothing does.
    job : Job or None
    reason : str
        Why there is nothing to train.
    """

    number: int
    choices: tuple[tuple[str, str], ...]
    command: str = ""
    job: Job | None = None
    reason: str = ""

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """The choices that are no choice of a designer, but of the world."""
        return tuple(c for c in self.choices if c[0].startswith(NOISE))


def axes_of(words: Sequence[str], source: str) -> tuple[Axis, ...]:
    """Read ``scheme=srinivas2015,soloveichik2010`` and so on; ``scheme=all`` are all built-in schemes.

    Raises
    ------
    CircuitError
        If there is no such thing to vary, or a value can never be one.
    """
    options = {} if names_file(source) else {o.name: o for o in named_family(source)[0].options}
    known = [*_PHYSICAL, *_TRAINING, *options, *(CIRCUIT + o for o in options), *(NOISE + n for n in _ERRORS)]
    found: dict[str, Axis] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        values = tuple(v.strip() for v in text.split(","))
        if not equals or not all(values):
            raise CircuitError(f"--over is NAME=VALUE,VALUE, not {word!r}")
        if name not in known:
            advice = nearest(name, known) or f"known: {', '.join(known)}"
            raise CircuitError(Diagnostic(f"there is nothing called {name!r} to go over", advice=advice))
        if name in found or (_option(name) and _option(name) in map(_option, found)):
            raise CircuitError(f"--over {name} is given twice")
        if name == "scheme" and values == ("all",):
            values = tuple(s.name for s in SCHEMES)
        if len(set(values)) < len(values):
            raise CircuitError(f"--over {word}: a value stands there twice")
        for value in values:
            objection = options[_option(name)].objection(value) if _option(name) else None
            if objection:
                raise CircuitError(f"--over {word}: {objection}")
            _check(name, value)
        found[name] = Axis(name, values)
    count = math.prod(len(a.values) for a in found.values())
    if count > MOST:
        raise CircuitError(Diagnostic(f"these are {count} designs, more than {MOST}", advice="go over fewer values"))
    return tuple(found.values())


def _option(name: str) -> str:
    """Return the option of the circuit that an axis goes over, or nothing where it goes over something else."""
    if name in (*_PHYSICAL, *_TRAINING) or name.startswith(NOISE):
        return ""
    return name.removeprefix(CIRCUIT)


def _check(name: str, value: str) -> None:
    """Refuse a value that no design can have."""
    if name.startswith(NOISE):
        noise_of([f"{name.removeprefix(NOISE)}={value}"])
    elif name in _PHYSICAL:
        _options(CompileOptions(), {name: value})
    elif name in _TRAINING:
        _words(SampleWords(), {name: value})


def designs_of(base: Base, found: Source, axes: Sequence[Axis]) -> list[Design]:
    """Return every combination of the values of the axes; `found` is the source of `base` as it was loaded."""
    names = [a.name for a in axes]
    combinations = itertools.product(*(a.values for a in axes))
    return [_design(base, found, n, tuple(zip(names, values, strict=True))) for n, values in enumerate(combinations, 1)]


def _design(base: Base, found: Source, number: int, choices: tuple[tuple[str, str], ...]) -> Design:
    chosen = dict(choices)
    of_circuit = {_option(n): v for n, v in choices if _option(n)}
    try:
        name = specified(base.source, base.rate, of_circuit)
        options, words = _options(base.options, chosen), _words(base.words, chosen)
        noise = _noise(base.noise, chosen)
        source = load_source(name, set_=list(base.set_)) if of_circuit else found
        source, (data, validation) = words.sets(source, base.seed)
        if validation is None:
            raise CircuitError(Diagnostic("designs are judged by validation", advice="say --validate FILE.csv"))
        job = Job(
            dataclasses.replace(source, family=None),
            data,
            validation,
            options,
            dataclasses.replace(words, epochs=words.times(source)),
            noise,
            base.method,
        )
    except CircuitError as error:
        return Design(number, choices, reason=reason_of(error))
    asked = options.lengths != CompileOptions().lengths or bool({"toehold", "long"} & set(chosen))
    point = Point(name, options, words, base.set_, base.seed, str(options.lengths) if asked else "")
    # What came from standard input cannot be read again.
    return Design(number, choices, point.command if name != "-" else "", job)


def reason_of(error: CircuitError) -> str:
    """Return in one line why a design cannot be, with what would help."""
    first = error.diagnostics[0]
    return f"{first.message} ({first.advice})" if first.advice else first.message


def specified(source: str, rate: Sequence[str], choices: Mapping[str, str]) -> str:
    """Return the specification of a built-in circuit with options set, in place of those that it gives itself."""
    if not rate and not choices:
        return source
    family, options = named_family(source)
    options |= dict(word.split("=", 1) for word in rate) | dict(choices)
    return f"{family.name}:{','.join(f'{n}={v}' for n, v in options.items())}"


def _options(base: CompileOptions, chosen: Mapping[str, str]) -> CompileOptions:
    """Return the options of a compilation with what is chosen in place of what they say."""
    usual = base.physical
    lengths = ",".join(
        f"{part}={chosen.get(part, getattr(base.lengths, part))}"
        for part in (f.name for f in dataclasses.fields(Lengths))
    )
    read = compile_options(
        chosen.get("scheme", base.scheme),
        chosen.get("scale", "auto"),
        chosen.get("signal", f"{usual.signal_M!r}M"),
        chosen.get("fuel", f"{usual.fuel_M!r}M"),
        chosen.get("qmax", repr(usual.q_max)),
        lengths,
    )
    return dataclasses.replace(
        base,
        scheme=read.scheme,
        time_s=read.time_s if "scale" in chosen else base.time_s,
        physical=read.physical,
        lengths=read.lengths,
    )


def _words(base: SampleWords, chosen: Mapping[str, str]) -> SampleWords:
    """Return the words of a training with what is chosen in place of what they say."""
    changed: dict[str, object] = {n: _count(n, chosen[n]) for n in ("epochs", "batch") if n in chosen}
    if "schedule" in chosen:
        read_schedule(chosen["schedule"])
        changed["schedule"] = chosen["schedule"]
    if "top-up" in chosen:
        changed["top_up"] = chosen["top-up"]
    return dataclasses.replace(base, **changed)  # type: ignore[arg-type]  # numbers and texts side by side


def _count(name: str, text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise CircuitError(f"{name} is a whole number from 1 to 100000, not {text[:40]!r}")
    return int(text)


def _noise(base: Noise, chosen: Mapping[str, str]) -> Noise:
    """Return errors with what is chosen in place of what they are."""
    changed = {n.removeprefix(NOISE): v for n, v in chosen.items() if n.startswith(NOISE)}
    read = noise_of([f"{n}={v}" for n, v in changed.items()])
    return dataclasses.replace(base, **{n: getattr(read, n) for n in changed})
