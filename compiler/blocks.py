"""Results as JSON blocks: the keys that the command line promises, one function for each kind of result.

Units stand in the names of the keys. The blocks are plain dictionaries, so that the command line, `result.json` and the report show
the same figures.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from compiler.api import Compiled, DnaRun, Estimate, Simulation, Training
from crn.network import CRN
from crn.neural.families import CIRCUITS
from crn.neural.samples import Dataset, inputs, targets
from crn.neural.training import TrainingRun
from dsd.lab.cost import ADVICE
from dsd.lab.inventory import Inventory
from dsd.nuskell.library import PREFIX, library
from dsd.schemes import SCHEMES

Block: TypeAlias = dict[str, object]


def compile_block(compiled: Compiled, found: Inventory, notes: Sequence[str] = ()) -> Block:
    """Return what `compile` reports; `notes` are those of the source."""
    system, scale = compiled.system, compiled.scale
    network = system.as_crn()
    total = found.total
    return {
        "scheme": compiled.options.scheme,
        "formal": _size(compiled.state.formal),
        "dna": {
            **_size(network),
            "fuels": total.fuels,
            "signals": total.signals,
            "strands": total.strands,
            "nucleotides": total.nucleotides,
            "longest_strand_nt": total.longest_strand_nt,
        },
        "scale": {
            "signal_M": scale.physical.signal_M,
            "fuel_M": scale.physical.fuel_M,
            "q_max_per_M_per_s": scale.physical.q_max,
            "time_s": None if scale.unset else scale.time_s,
            "gain": None if scale.unset else scale.gain,
            "sigma_per_M_per_s": None if scale.unset else scale.sigma,
            "unset": scale.unset or None,
        },
        "orders": {r: list(order) for r, order in compiled.state.orders},
        "notes": [*notes, *compiled.state.notes],
        "complexes": [
            {
                "name": e.complex.name,
                "role": e.role.value,
                "part": e.part,
                "kernel": e.complex.kernel,
                "concentration_M": e.concentration,
                "formal_reactions": list(e.gates),
                "interpretation": list(e.meaning.elements()),
            }
            for e in system.entries
        ],
    }


def _size(crn: CRN) -> Block:
    return {"species": len(crn.species), "reactions": len(crn.reactions)}


def train_block(training: Training, notes: Sequence[str] = (), data: Dataset | None = None) -> Block:
    """Return what `train` reports; `notes` are those of the source, `data` the samples that it was trained on."""
    levels: Block = {}
    if training.formal is not None:
        levels["formal"] = _level(training, training.formal, data)
    if training.dna is not None:
        levels["dna"] = _level(training, training.dna.run, data) | _bench_figures(training.dna)
    block: Block = {"circuit": training.circuit.name, "levels": levels, "outcome": str(training.outcome)}
    if training.circuit.formula:
        block["formula"] = training.circuit.formula
    if data is not None:
        block["data"] = {
            "source": data.source,
            "recipe": data.recipe or None,
            "samples": len(data),
            "loss_of_noise": data.floor,
        }
    if notes:
        block["notes"] = list(notes)
    if training.dna is not None:
        block["bench"] = training.dna.bench.line
    return block


def _level(training: Training, run: TrainingRun, data: Dataset | None) -> Block:
    names = training.circuit.parameter_names
    per_epoch = run.parameters[:: len(data)] if data is not None else run.parameters[:0]
    decided = run.decisions
    block: Block = {
        "train_loss": list(run.train_loss),
        "validation_loss": run.validation_loss,
        "validation_loss_of_parameters": run.validation_of_parameters,
        "validation_loss_of_parameters_per_epoch": list(run.validation_curve),
        "validation_accuracy": decided.accuracy if decided else None,
        "parameters": dict(zip(names, run.final, strict=True)),
        "parameters_per_epoch": {name: per_epoch[:, i].tolist() for i, name in enumerate(names)},
    }
    if decided is not None:
        block["confusion"] = {"classes": list(decided.classes.names), "counts": decided.confusion.tolist()}
        if decided.map is not None:
            grid = decided.map.grid
            block["decision_map"] = {
                "inputs": list(training.circuit.input_names),
                "low": list(grid.low),
                "high": list(grid.high),
                "read_from": decided.map.source,
                "accuracy": decided.map.accuracy,
                "classes": decided.map.classes.reshape(grid.side, grid.side).tolist(),
            }
    return block


def _bench_figures(dna: DnaRun) -> Block:
    return {
        "lab_time_s": dna.lab_time_s,
        "lowest_fuel_fraction": dna.lowest_fuel_fraction,
        "lowest_fuel": dna.lowest_fuel,
        "top_ups": dna.top_ups,
        "top_up_mix_M": {c.name: amount for c, amount in dna.top_up},
        "pipetting_steps": dna.additions,
        "mixes": dna.mixes,
        "total_strand_M": dna.total_strand_M,
        "highest_fuel_M": dna.highest_fuel_M,
        "reductions": list(dna.reductions),
        "reduction_error": dna.reduction_error,
    }


def cost_block(scheme: str, lengths: str, found: Estimate | None, objection: str = "", volume_L: float = 0.0) -> Block:
    """Return one row of what `cost` reports; without an estimate the scheme cannot carry the circuit."""
    if found is None:
        return {"scheme": scheme, "lengths": lengths, "objections": [objection]}
    gates, buffers, total = found.inventory.for_gates, found.inventory.for_buffers, found.inventory.total
    return {
        "scheme": scheme,
        "strands": total.strands,
        "nucleotides": total.nucleotides,
        "longest_strand_nt": total.longest_strand_nt,
        "fuels": total.fuels,
        "gates_only": {"strands": gates.strands, "nucleotides": gates.nucleotides, "fuels": gates.fuels},
        "buffers": {"strands": buffers.strands, "nucleotides": buffers.nucleotides, "fuels": buffers.fuels},
        "lengths": lengths,
        "volume_L": volume_L,
        "price": {
            "total": found.price.total,
            "currency": found.price.currency,
            "table_date": found.price.table_date.isoformat(),
            "unverified": found.price.unverified,
            "advice": ADVICE,
        },
        "objections": list(found.price.objections),
    }


def simulate_block(found: Simulation) -> Block:
    """Return what `simulate` reports."""
    first = found.formal if found.formal is not None else found.dna
    assert first is not None, "a simulation has at least one level"
    block: Block = {
        "times": first.times.tolist(),
        "species": list(first.species),
        "values": first.values.tolist(),
        "max_relative_error": found.max_relative_error,
        "worst": found.worst or None,
        "time_s": found.time_s,
        "outcome": str(found.outcome),
    }
    if found.formal is not None and found.dna is not None:
        block["dna_values"] = found.dna.values.tolist()
    return block


def circuits_block() -> Block:
    """Return what `circuits` reports."""
    rows = []
    for family in CIRCUITS:
        built = family.build({})
        rows.append(
            {
                "name": family.name,
                "reference": family.reference,
                "summary": family.summary,
                "size": _size(built.crn),
                "datasets": list(family.datasets),
                "options": [
                    {
                        "name": o.name,
                        "default": o.default,
                        "summary": o.summary,
                        "choices": list(o.choices),
                        "limits": list(o.limits) if o.limits else None,
                    }
                    for o in family.options
                ],
            }
        )
    return {"circuits": rows}


def schemes_block() -> Block:
    """Return what `schemes` reports."""
    return {
        "schemes": [
            {
                "name": s.name,
                "reference": s.reference,
                "summary": s.summary,
                "arity": s.arity,
                "rates": s.rates or None,
                "undone": s.undone or None,
                "remote_toeholds": s.remote,
                "two_way": s.two_way,
            }
            for s in SCHEMES
        ],
        "library": [f"{PREFIX}{name}" for name in library()],
    }


def training_csv(training: Training, data: Dataset, header: str) -> str:
    """Return the learning run sample by sample: inputs, target, and per level the prediction and the parameters after it."""
    out = io.StringIO()
    out.write(f"# {header}\n")
    writer = csv.writer(out, lineterminator="\n")
    circuit = training.circuit
    runs = [("formal", training.formal), ("dna", training.dna.run if training.dna else None)]
    shown = [(level, run) for level, run in runs if run is not None]
    columns = ["epoch", "sample", *circuit.input_names, *circuit.target_names]
    for level, _ in shown:
        columns += [f"{level}_{r.name}" for r in circuit.outputs] + [f"{level}_{p}" for p in circuit.parameter_names]
    writer.writerow(columns)
    x, y = inputs(circuit, data), targets(circuit, data)
    rows = min(len(run.predictions) for _, run in shown)
    for number in range(rows):
        at = number % len(x)
        row: list[object] = [number // len(x) + 1, at + 1, *_numbers(x[at]), *_numbers(y[at])]
        for _, run in shown:
            after = run.parameters[min(number + 1, len(run.parameters) - 1)]
            row += [*_numbers(run.predictions[number]), *_numbers(after)]
        writer.writerow(row)
    return out.getvalue()


def formal_sbml(compiled: Compiled, name: str, header: str) -> str:
    """Return the formal network as SBML."""
    from crn.sbml import write_sbml  # libsbml takes a quarter of a second to load, which few runs need

    return write_sbml(compiled.state.formal, name, made_by=header)


def _numbers(values: Sequence[float]) -> list[str]:
    return [f"{float(v):.9g}" for v in values]


def rounded(block: Mapping[str, object], digits: int = 12) -> Block:
    """Return a block with all floats rounded to a number of significant digits, so that files compare across machines."""
    return {k: _round(v, digits) for k, v in block.items()}


def _round(value: object, digits: int) -> object:
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, Mapping):
        return {k: _round(v, digits) for k, v in value.items()}
    if isinstance(value, list):
        return [_round(v, digits) for v in value]
    return value
