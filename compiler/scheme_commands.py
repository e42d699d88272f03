"""Commands that choose and price: what schemes there are, what each makes of a network, and what that costs.

The comparison is made in `compiler.comparison` and shown by `compiler.comparison_tables`; what a single scheme does in full is the
business of the other commands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn

import typer

from compiler import console
from compiler.api import DEFAULT_SCHEME, CircuitError, CompileOptions, Source, compile_crn, estimate, load, train
from compiler.arguments import EpochsOpt, PricesOpt, RateOpt, Say, SchemeOpt, SourceArg
from compiler.blocks import Block, cost_block, rounded, schemes_block
from compiler.comparison import Learned, choose, compare
from compiler.comparison_tables import comparison_block, comparison_text, table_of_circuits
from compiler.options import load_source, schemes_named, shown_options
from compiler.output import to_json
from compiler.provenance import stamp
from compiler.training_data import load_data
from crn.network import CRN, Reaction
from crn.neural.families import CIRCUITS
from crn.quantities import Dimension, parse_quantity
from dsd.lab.cost import default_prices, read_prices
from dsd.schemes import Scheme

LearnOpt = Annotated[
    bool, typer.Option("--learn", help="Also train the circuit as DNA in every scheme whose rates can be set.")
]


def schemes_command(
    options: CompileOptions,
    say: Say,
    source: Annotated[str, typer.Argument(help="A source to compare the schemes on; without, they are listed.")] = "",
    scheme: Annotated[str, typer.Option("--scheme", help="Compare only these: a,b,c.")] = "all",
    learn: LearnOpt = False,
    epochs: EpochsOpt = 1,
    prices: PricesOpt = None,
    every_circuit: Annotated[
        bool, typer.Option("--every-circuit", help="All built-in circuits, as a table schemes.md; -o names the folder.")
    ] = False,
    largest: Annotated[
        int,
        typer.Option("--largest", min=1, help="With --every-circuit: reactions up to which all schemes are compared."),
    ] = 40,
    rate: RateOpt = None,
) -> None:
    """List the translation schemes, or compare them on a source."""
    chosen = schemes_named(scheme)
    if every_circuit:
        _every_circuit(say, options, chosen, source, largest)
    if not source:
        if learn or rate:
            raise CircuitError("name a source to compare the schemes on")
        say.end({**stamp("schemes", "", {}).block(), **schemes_block()}, console.schemes_text)
    found = load_source(source, rate)
    table = read_prices(prices) if prices else default_prices()
    rows = compare(found.crn, options, table, chosen, _learner(found, epochs) if learn else None)
    shown = {"source": source, "scheme": scheme, "learn": learn, "epochs": epochs if learn else None, "prices": prices}
    made_by = stamp("schemes", found.sha256, {**shown_options(options), **shown}, say.seed)
    block = {**made_by.block(), **comparison_block(rows, options.lengths, choose(rows))}
    say.end(block, comparison_text, lambda: {"result.json": to_json(rounded(block))})


def _learner(found: Source, epochs: int) -> Callable[[CompileOptions], Learned]:
    """Return what trains a circuit on the data that come with it."""
    data, validation = load_data(found)

    def run(options: CompileOptions) -> Learned:
        dna = train(found.learning, data, validation, epochs=epochs, level="dna", options=options).dna
        assert dna is not None, "the DNA level was asked for"
        return Learned(dna.run.train_loss[-1], dna.run.validation_loss, dna.lab_time_s)

    return run


def _every_circuit(say: Say, options: CompileOptions, schemes: Sequence[Scheme], source: str, largest: int) -> NoReturn:
    """Compare the schemes on every built-in circuit, or on those that are named with semicolons; equal networks once."""
    names = source.split(";") if source else [*(f.name for f in CIRCUITS), "linear-regression:variant=lr10"]
    alike: dict[tuple[Reaction, ...], list[str]] = {}
    networks: dict[tuple[Reaction, ...], CRN] = {}
    for name in names:
        crn = load(name).crn
        alike.setdefault(crn.reactions, []).append(name)
        networks.setdefault(crn.reactions, crn)
    paced = [s for s in schemes if not s.rates]
    table = default_prices()
    found = []
    for reactions, called in alike.items():
        few = schemes if len(reactions) <= largest else paced
        found.append((", ".join(called), networks[reactions], compare(networks[reactions], options, table, few)))
    shown = {**shown_options(options), "every_circuit": True, "source": source, "largest": largest}
    made_by = stamp("schemes", "", shown, say.seed)
    circuits = [{"circuit": name, **comparison_block(rows, options.lengths, choose(rows))} for name, _, rows in found]
    text = table_of_circuits(found, options.lengths, largest)
    say.end({**made_by.block(), "circuits": circuits}, lambda _: text, lambda: {"schemes.md": text})


def cost_command(
    source: SourceArg,
    options: CompileOptions,
    say: Say,
    scheme: SchemeOpt = DEFAULT_SCHEME,
    volume: Annotated[str, typer.Option("--volume", help="Of the tube.")] = "100uL",
    prices: PricesOpt = None,
    rate: RateOpt = None,
    learn: LearnOpt = False,
    epochs: EpochsOpt = 1,
) -> None:
    """Count strands and price them."""
    if learn and scheme != "all":
        raise CircuitError("--learn goes with --scheme all; train takes a single scheme")
    table = read_prices(prices) if prices else default_prices()
    litres = parse_quantity(volume, Dimension.VOLUME, "--volume")
    found = load_source(source, rate)
    shown = {**shown_options(options), "source": source, "volume": volume, "prices": prices, "scheme": scheme}
    shown["epochs"] = epochs if learn else None
    made_by = stamp("cost", found.sha256, shown, say.seed)
    if scheme == "all":
        rows = compare(found.crn, options, table, learn=_learner(found, epochs) if learn else None)
        block: Block = {**made_by.block(), **comparison_block(rows, options.lengths, choose(rows), litres)}
        say.end(block, comparison_text, lambda: {"result.json": to_json(rounded(block))})
    chosen = dataclasses.replace(options, scheme=scheme)
    row = cost_block(scheme, str(options.lengths), estimate(compile_crn(found.crn, chosen), table), volume_L=litres)
    single: Block = {**made_by.block(), "schemes": [row]}
    say.end(single, console.cost_text, lambda: {"result.json": to_json(rounded(single))})
