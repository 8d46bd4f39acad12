"""`citybrain`: one door for people, DAGs and services. Parses and prints; the rooms do the work."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from streams.errors import CityBrainError

app = typer.Typer(
    name="citybrain",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

VERB_FILES = (
    "stack",
    "demo",
    "simulate",
    "ingest",
    "source",
    "contracts",
    "reference",
    "dlq",
    "keys",
    "clock",
    "case",
    "incident",
    "fuse",
    "calendar",
    "warehouse",
    "publication",
    "indicator",
    "maintain",
    "dashboards",
    "service",
)
"""Each `streams.cli.<name>` has `register(app)`; heavy imports stay inside its functions."""

for _name in VERB_FILES:
    importlib.import_module(f"streams.cli.{_name}").register(app)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"citybrain {version('citybrain')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """City Brain (城市大脑): run, fill, check and query the city-governance data platform."""


def main() -> None:
    """Run the CLI; expected failures are printed as what / why / do on stderr, never as a traceback.

    Typer itself ends on Ctrl-C with exit code 130; verbs that leave work under way say how to go on.
    """
    try:
        app(standalone_mode=True)
    except CityBrainError as error:
        _print_error(error)
        sys.exit(error.exit_code)


def _print_error(error: CityBrainError) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    console.print("error", style="bold red", end="  ")
    console.print(error.what, markup=False, soft_wrap=True)
    if error.why:
        console.print(f"  why  {error.why}", markup=False, soft_wrap=True)
    if error.remedy:
        console.print(f"  do   {error.remedy}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
