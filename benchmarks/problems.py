"""What is simulated: a network, its schedule of additions and resets, and which amounts are compared.

A problem is a list of stretches without events, so that every engine can carry it out, with or without events of its own. Amounts
are in nM and times in s throughout; problems have names such as ``random:100:0``, and `build` is the one way from name to problem.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.networks import END, HUBS, expand, formal, scaled
from compiler.api import compile_crn, peak_amounts
from compiler.dna_level import counted, dna_tube, events_of, plan_top_up
from crn.massaction import MassAction, Vector
from crn.network import CRN
from crn.neural.catalog import named_circuit
from crn.neural.circuit import LearningCircuit, Phase
from crn.neural.datasets import builtin_dataset
from crn.neural.samples import samples
from crn.neural.training import Tube, train
from crn.protocol import Addition
from crn.simulate import SIMULATORS

OUTPUTS = 51
NANO = 1e9


@dataclass(frozen=True, eq=False)
class Segment:
    """One stretch: what is done at its start, how long it takes, and when it is observed.

    Attributes
    ----------
    resets : tuple of (int, float)
        Species and the amount that it is set to, before the additions.
    additions : tuple of (int, float)
    times : ndarray, shape (T,)
        From the start of the stretch, ascending; the last one is its duration.
    """

    resets: tuple[tuple[int, float], ...]
    additions: tuple[tuple[int, float], ...]
    times: Vector

    @property
    def duration(self) -> float:
        """How long it takes."""
        return float(self.times[-1])

    def begin(self, state: Vector) -> Vector:
        """Return the state after the resets and additions."""
        state = state.copy()
        for at, amount in self.resets:
            state[at] = amount
        for at, amount in self.additions:
            state[at] += amount
        return state


@dataclass(frozen=True, eq=False)
class Problem:
    """A network with its schedule.

    Attributes
    ----------
    name : str
    crn : CRN
        In nM and s; S species.
    start : ndarray, shape (S,)
    segments : tuple of Segment
    reading : csr_matrix, shape (F, S)
        From a state to the formal amounts that are compared.
    """

    name: str
    crn: CRN
    start: Vector
    segments: tuple[Segment, ...]
    reading: sp.csr_matrix

    @property
    def size(self) -> str:
        """How large it is, for people."""
        text = f"{len(self.crn.species)} species, {len(self.crn.reactions)} reactions"
        return text + (f", {len(self.segments)} stretches" if len(self.segments) > 1 else "")

    def observe(self, values: Vector) -> Vector:
        """Return the amounts that are compared, shape (T, F), from states, shape (T, S)."""
        return np.asarray((self.reading @ values.T).T)


def build(name: str) -> Problem:
    """Return the problem of the given name.

    Parameters
    ----------
    name : str
        ``random:R:seed`` is an expanded random network, ``loop:R:seed`` the same with 200 restarts, ``compiled:R:seed`` a
        random network compiled by this project, ``tube`` one sample in the tube of linear regression, and ``training:epochs``
        its training.
    """
    kind, *options = name.split(":")
    numbers = [int(x) for x in options]
    makers: dict[str, Callable[..., Problem]] = {
        "random": random,
        "loop": loop,
        "compiled": compiled,
        "tube": tube,
        "training": training,
    }
    if kind not in makers:
        raise ValueError(f"no problem {name!r}")
    problem = makers[kind](*numbers)
    assert problem.name == name, "a name says all that a problem depends on"
    return problem


def random(reactions: int, seed: int) -> Problem:
    """Return an expanded random network, observed 51 times from its start to `END`."""
    plain = formal(reactions, seed)
    crn = expand(plain)
    law = MassAction(crn)
    whole = Segment((), (), np.linspace(0, END, OUTPUTS))
    return Problem(f"random:{reactions}:{seed}", crn, law.state(), (whole,), _select(law, plain))


def loop(reactions: int, seed: int, restarts: int = 200, wait: float = 500.0) -> Problem:
    """Return an expanded random network that is disturbed again and again, as training does.

    Before every stretch 1 to 20 nM go to each of four random signals, two others are removed, one of the two hubs is set to 50 nM
    and the other to 0 in turns; before every 20th one all fuels are brought back to their start. Observed at the end of every
    stretch.
    """
    plain = formal(reactions, seed)
    crn = expand(plain)
    law = MassAction(crn)
    rng = np.random.default_rng([reactions, seed, restarts])
    start = law.state()
    fuels = [(law.index[s], a) for s, a in crn.initial if s[:2] in ("G_", "L_", "B_", "T_")]
    signals = [law.index[s] for s in plain.species if s not in HUBS]
    segments = []
    for number in range(restarts):
        chosen = rng.permutation(len(signals))[:6]
        clock = [(law.index[h], 50.0 * (number % 2 == i)) for i, h in enumerate(HUBS)]
        resets = [(signals[i], 0.0) for i in chosen[4:]] + clock + (fuels if number % 20 == 19 else [])
        additions = [(signals[i], float(rng.uniform(1, 20))) for i in chosen[:4]]
        segments.append(Segment(tuple(resets), tuple(additions), np.array([wait])))
    return Problem(f"loop:{reactions}:{seed}", crn, start, tuple(segments), _select(law, plain))


def compiled(reactions: int, seed: int) -> Problem:
    """Return a random network as this project compiles it, at the fastest scale that is feasible, for the same formal time."""
    unit = 10.0
    made = compile_crn(scaled(formal(reactions, seed), 1 / unit))
    tube_ = dna_tube(made.state)
    whole = Segment((), (), np.linspace(0, END * tube_.time, OUTPUTS))
    return _of_tube(f"compiled:{reactions}:{seed}", tube_, (whole,))


def tube() -> Problem:
    """Return one sample in the tube of linear regression: all of its additions at the start, observed 51 times."""
    made, rows, circuit = _regression(1)
    state = np.zeros(len(made.start))
    for phase in circuit.phases:
        _dose(state, made, circuit, phase, rows[0])
    duration = circuit.sample_time * made.time
    whole = Segment((), _additions(state), np.linspace(0, duration, OUTPUTS))
    return _of_tube("tube", made, (whole,))


def training(epochs: int) -> Problem:
    """Return the training of the tube on the authors' 41 samples: top-ups, two phases each, observed at the end of every phase."""
    made, rows, circuit = _regression(epochs)
    segments = []
    for row in rows * epochs:
        for number, phase in enumerate(circuit.phases):
            state = np.zeros(len(made.start))
            if number == 0 and made.top_up is not None:
                state += made.top_up
            _dose(state, made, circuit, phase, row)
            segments.append(Segment((), _additions(state), np.array([phase.wait * made.time])))
    return _of_tube(f"training:{epochs}", made, tuple(segments))


def _regression(epochs: int) -> tuple[Tube, list[dict[str, float]], LearningCircuit]:
    """Return the DNA-level tube of the standard circuit with its planned top-ups, the samples, and the circuit."""
    circuit, _ = named_circuit("linear-regression")
    data, _ = builtin_dataset("linreg-authors")
    counting = dataclasses.replace(circuit, crn=counted(circuit.crn))
    abstract = train(counting, Tube.of(counting), data, None, epochs, SIMULATORS[0])
    events = events_of(circuit.crn, dict(zip(counting.crn.species, abstract.end, strict=True)))
    made = compile_crn(circuit.crn, peaks=peak_amounts(circuit, [data]))
    mix = plan_top_up(made.system, events, made.scale.dose, epochs * len(data))
    return dna_tube(made.state, top_up=mix), samples(circuit, data), circuit


def _dose(state: Vector, made: Tube, circuit: LearningCircuit, phase: Phase, row: dict[str, float]) -> None:
    """Add what goes into the tube at the start of a phase, in M."""
    for event in circuit.events(phase, row, 0.0):
        assert isinstance(event, Addition), "the tube is only added to"
        state[made.dose[event.species]] += event.amount * made.factor


def _additions(state: Vector) -> tuple[tuple[int, float], ...]:
    return tuple((int(i), float(state[i]) * NANO) for i in np.flatnonzero(state))


def _of_tube(name: str, made: Tube, segments: tuple[Segment, ...]) -> Problem:
    """Return a problem in nM from a tube in M."""
    reading = sp.csr_matrix(made.reading * made.factor)
    return Problem(name, scaled(made.law.crn, NANO), made.start * NANO, segments, reading)


def _select(law: MassAction, plain: CRN) -> sp.csr_matrix:
    rows = [law.index[s] for s in plain.species]
    return sp.csr_matrix((np.ones(len(rows)), (range(len(rows)), rows)), shape=(len(rows), len(law.species)))
