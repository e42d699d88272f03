"""What was typed, read into values: quantities, circuits, data, protocols and the other files a command names.

Every function here raises a `CircuitError` that says what would have been right. What is done with the values is said in
`compiler.cli`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from compiler.api import CircuitError, CompileOptions, Source, compile_crn, load
from compiler.scaling import Physical
from compiler.scheme_file import ENGINES, OWN
from compiler.sources import names_file
from crn.diagnostics import Diagnostic
from crn.network import CRN, Species
from crn.neural.catalog import with_start
from crn.protocol import Addition, read_protocol
from crn.quantities import Dimension, nearest, parse_quantity
from crn.simulate import SIMULATORS, STOCHASTIC, Simulator, Stochastic
from crn.text import read_text_file
from dsd.nuskell.library import is_scheme_file
from dsd.schemes import SCHEMES, Lengths, Scheme


def compile_options(
    scheme: str,
    scale: str,
    signal: str,
    fuel: str,
    qmax: str,
    lengths: str,
    order: list[str] | None = None,
    allow_wrong: bool = False,
    share_catalysts: bool = False,
    engine: str = OWN,
    reject_remote: bool = False,
) -> CompileOptions:
    """Return the options of a compilation from what was typed."""
    names = [s.name for s in SCHEMES]
    by_file = is_scheme_file(scheme)
    if scheme not in names and not by_file:
        advice = f"built in: {', '.join(names)}; or a scheme file, path/to/it.ts"
        raise CircuitError(Diagnostic(f"there is no scheme {scheme!r}", advice=advice))
    if engine not in ENGINES:
        raise CircuitError(f"--engine is {' or '.join(ENGINES)}, not {engine!r}")
    for word, given in (
        ("--order", order),
        ("--scale", scale != "auto"),
        ("--allow-wrong", allow_wrong),
        ("--share-catalysts", share_catalysts),
    ):
        if by_file and given:
            raise CircuitError(f"{word} goes with a built-in scheme, not with a scheme file")
    time_s = None if scale == "auto" else positive(scale, Dimension.TIME, "--scale")
    physical = Physical(
        positive(signal, Dimension.CONCENTRATION, "--signal"),
        positive(fuel, Dimension.CONCENTRATION, "--fuel"),
        positive(qmax, Dimension.RATE, "--qmax"),
    )
    return CompileOptions(
        scheme,
        time_s,
        physical,
        lengths_of(lengths),
        orders_of(order or []),
        allow_wrong,
        share_catalysts,
        engine,
        reject_remote,
    )


def orders_of(words: Sequence[str]) -> tuple[tuple[str, tuple[Species, ...]], ...]:
    """Read ``r3=B,A``: in the reaction r3 B binds before A."""
    found: dict[str, tuple[Species, ...]] = {}
    for word in words:
        reaction, equals, names = word.partition("=")
        order = tuple(n.strip() for n in names.split(","))
        if not equals or not reaction.strip() or not all(order):
            raise CircuitError(f"--order is REACTION=SPECIES,SPECIES as in r3=B,A, not {word!r}")
        if reaction.strip() in found:
            raise CircuitError(f"--order names {reaction.strip()} twice")
        found[reaction.strip()] = order
    return tuple(found.items())


def schemes_named(text: str) -> tuple[Scheme, ...]:
    """Read ``all``, or names of built-in schemes with commas between them."""
    known = {s.name: s for s in SCHEMES}
    if text == "all":
        return SCHEMES
    names = [n.strip() for n in text.split(",")]
    for name in names:
        if name not in known:
            advice = nearest(name, known) or f"built in: {', '.join(known)}"
            raise CircuitError(Diagnostic(f"there is no built-in scheme {name!r}", advice=advice))
    return tuple(known[n] for n in dict.fromkeys(names))


def positive(text: str, dimension: Dimension, option: str) -> float:
    """Read a quantity that has to be positive."""
    value = parse_quantity(text, dimension, option)
    if value <= 0:
        raise CircuitError(f"{option} has to be positive, not {text}")
    return value


def lengths_of(text: str) -> Lengths:
    """Read ``toehold=7,long=15``."""
    values = {"toehold": Lengths().toehold, "long": Lengths().long}
    for part in text.split(","):
        key, _, value = part.partition("=")
        if key.strip() not in values or not value.strip().isdigit() or not 1 <= int(value) <= 200:
            raise CircuitError(f"--lengths is toehold=N,long=N in nt, each from 1 to 200, not {text!r}")
        values[key.strip()] = int(value)
    if values["toehold"] >= values["long"]:
        raise CircuitError(f"--lengths {text}: a toehold is shorter than a long domain")
    return Lengths(**values)


def shown_options(options: CompileOptions) -> dict[str, object]:
    """Return the physical options as they go into the stamp."""
    physical = options.physical
    return {
        "scheme": options.scheme,
        "scale": "auto" if options.time_s is None else f"{options.time_s:g}s",
        "signal_M": f"{physical.signal_M:g}",
        "fuel_M": f"{physical.fuel_M:g}",
        "qmax_per_M_per_s": f"{physical.q_max:g}",
        "lengths": str(options.lengths),
        **({"order": [f"{r}={','.join(o)}" for r, o in options.orders]} if options.orders else {}),
        **({"allow_wrong": True} if options.allow_wrong else {}),
        **({"share_catalysts": True} if options.share_catalysts else {}),
        **({"engine": options.engine} if options.engine != OWN else {}),
        **({"reject_remote": True} if options.reject_remote else {}),
    }


def load_source(name: str, rate: list[str] | None = None, set_: list[str] | None = None) -> Source:
    """Load a source, with its rate options and the start of its parameters."""
    if rate:
        mark = "," if (":" in name or "[" in name) else ":"
        named = name.removesuffix("]").replace("[", ":")
        if names_file(name):
            raise CircuitError("--rate is for built-in circuits; in a file, write the rate constants themselves")
        name = f"{named}{mark}{','.join(rate)}"
    found = load(name)
    if not set_:
        return found
    values = {}
    for item in set_:
        key, equals, number = item.partition("=")
        if not equals:
            raise CircuitError(f"--set is PARAMETER=VALUE, not {item!r}")
        values[key.strip()] = parse_quantity(number, Dimension.NUMBER, f"--set {key}")
    circuit = with_start(found.learning, values)
    return dataclasses.replace(found, crn=circuit.crn, circuit=circuit)


def level_of(level: str) -> str:
    """Check the name of a level."""
    if level not in ("formal", "dna", "both"):
        raise CircuitError(f"--level is formal, dna or both, not {level!r}")
    return level


def simulator_of(method: str, molecules: float | None = None, seed: int = 0) -> Simulator:
    """Return the simulator with the given name; `molecules` per formal unit and the seed are for the stochastic ones."""
    for simulator in SIMULATORS:
        if simulator.name == method:
            if molecules is not None:
                names = " or ".join(s.name for s in STOCHASTIC)
                raise CircuitError(f"--molecules goes with --method {names}; {method} knows no molecules")
            return simulator
    by_chance = stochastic_of(method, [s.name for s in SIMULATORS])
    if molecules is None:
        raise CircuitError(f"--method {method} needs --molecules: how many there are for one formal unit")
    return by_chance(molecules, np.random.default_rng(seed))


def stochastic_of(method: str, others: Sequence[str] = ()) -> type[Stochastic]:
    """Return the stochastic simulator with the given name; `others` are names that would have been right as well."""
    for simulator in STOCHASTIC:
        if simulator.name == method:
            return simulator
    names = ", ".join([*others, *(s.name for s in STOCHASTIC)])
    raise CircuitError(Diagnostic(f"there is no simulator {method!r}", advice=f"--method {names}"))


def load_additions(path: str, crn: CRN, options: CompileOptions) -> tuple[Addition, ...]:
    """Read a protocol; physical amounts and times become the network's own."""
    additions, physical = read_protocol(read_text_file(path), path, crn.species)
    if not physical or crn.units.value == "molar":
        return additions
    scale = compile_crn(crn, options).scale
    return tuple(
        Addition(a.time / scale.time_s, a.species, a.amount / scale.physical.signal_M, a.volume) for a in additions
    )
