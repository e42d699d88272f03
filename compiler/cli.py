"""The command line: which commands there are, and how the program ends.

0 is fine, 1 means the answer is no, 2 that the user's input is at fault, 3 that something is undecided. The commands themselves are
in `compiler.network_commands` and `compiler.learning_commands`.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, NoReturn

import typer

from compiler import (
    circuits_command,
    enumerate_command,
    explore_command,
    lab_commands,
    learning_commands,
    network_commands,
    scheme_commands,
    sequence_commands,
    verify_command,
)
from compiler.api import CircuitError
from compiler.arguments import worded
from compiler.version import __version__

app = typer.Typer(
    name="strandwright",
    help="Compiles learning chemistry into DNA: gates, proofs, training, counts and cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

PLANNED = ("plan", "report", "serve")
"""Commands of the contract that do not exist yet."""


for _name, _command in (
    ("demo", learning_commands.demo_command),
    ("build", learning_commands.build_command),
    ("compile", network_commands.compile_command),
    ("verify", verify_command.verify_command),
    ("simulate", network_commands.simulate_command),
    ("train", learning_commands.train_command),
    ("cost", scheme_commands.cost_command),
    ("sequences", sequence_commands.sequences_command),
    ("order", lab_commands.order_command),
    ("mix", lab_commands.mix_command),
    ("explore", explore_command.explore_command),
    ("enumerate", enumerate_command.enumerate_command),
    ("circuits", circuits_command.circuits_command),
    ("schemes", scheme_commands.schemes_command),
    ("doctor", network_commands.doctor_command),
):
    app.command(_name)(worded(_name, _command))


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"strandwright {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
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
    try:
        app(given)
    except CircuitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has seen enough; a second complaint at exit is kept back.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


if __name__ == "__main__":
    main()
