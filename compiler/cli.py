"""The command line: which commands there are, what loads them, and how the program ends.

0 is fine, 1 means the answer is no, 2 that the user's input is at fault, 3 that something is undecided. The commands themselves are
in the modules that `FAMILIES` loads.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from compiler.version import __version__
from crn.diagnostics import CircuitError

PLANNED = ("plan", "report", "serve")
"""Commands of the contract that do not exist yet."""

Commands = dict[str, Callable[..., None]]


def _learning() -> Commands:
    from compiler import learning_commands as found

    return {"demo": found.demo_command, "build": found.build_command, "train": found.train_command}


def _networks() -> Commands:
    from compiler import network_commands as found

    return {"compile": found.compile_command, "simulate": found.simulate_command, "doctor": found.doctor_command}


def _proofs() -> Commands:
    from compiler import verify_command as found

    return {"verify": found.verify_command}


def _schemes() -> Commands:
    from compiler import scheme_commands as found

    return {"cost": found.cost_command, "schemes": found.schemes_command}


def _sequences() -> Commands:
    from compiler import sequence_commands as found

    return {"sequences": found.sequences_command}


def _lab() -> Commands:
    from compiler import lab_commands as found

    return {"order": found.order_command, "mix": found.mix_command}


def _ensembles() -> Commands:
    from compiler import explore_command as found

    return {"explore": found.explore_command}


def _soups() -> Commands:
    from compiler import enumerate_command as found

    return {"enumerate": found.enumerate_command}


def _circuits() -> Commands:
    from compiler import circuits_command as found

    return {"circuits": found.circuits_command}


FAMILIES: tuple[tuple[tuple[str, ...], Callable[[], Commands]], ...] = (
    (("demo", "build", "train"), _learning),
    (("compile", "simulate", "doctor"), _networks),
    (("verify",), _proofs),
    (("cost", "schemes"), _schemes),
    (("sequences",), _sequences),
    (("order", "mix"), _lab),
    (("explore",), _ensembles),
    (("enumerate",), _soups),
    (("circuits",), _circuits),
)
"""The commands, each with what loads it: most of a start is loading what other commands need."""


def application(wanted: str = "") -> typer.Typer:
    """Return the program with one command, or with all of them where the one that is wanted is not known."""
    from compiler.arguments import worded

    app = typer.Typer(
        name="strandwright",
        help="Compiles learning chemistry into DNA: gates, proofs, training, counts and cost.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    chosen = [load for names, load in FAMILIES if wanted in names] or [load for _, load in FAMILIES]
    for load in chosen:
        for name, command in load().items():
            app.command(name)(worded(name, command))
    return app


def _root(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    """Compiles learning chemistry into DNA."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; the user's faults are told without a traceback."""
    # Compiling makes hundreds of thousands of small values that stay; looking through them over and over takes a quarter of it.
    gc.set_threshold(200_000, 20, 20)
    given = sys.argv[1:] if arguments is None else arguments
    wanted = next((a for a in given if not a.startswith("-")), "")
    if wanted in PLANNED:
        sys.stderr.write(f"strandwright {wanted} does not exist yet\n")
        sys.exit(2)
    if given == ["--version"]:
        sys.stdout.write(f"strandwright {__version__}\n")
        sys.exit(0)
    try:
        application(wanted)(given)
    except CircuitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has seen enough; a second complaint at exit is kept back.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


if __name__ == "__main__":
    main()
