"""`citybrain contracts check|render|diff`: the wire door and the published door, kept honest."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.page import AsJson, print_json, print_table
from streams.errors import CityBrainError


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Check, render and compare the data contracts.")
    app.add_typer(group, name="contracts")
    group.command()(check)
    group.command()(render)
    group.command()(diff)


def check() -> None:
    """Check every contract: shape, names, units, owners, personal data, and that each example does as named."""
    from streams.contracts import check as checker
    from streams.contracts.registry import contracts

    findings = checker.check_all()
    for finding in findings:
        typer.echo(finding, err=True)
    if findings:
        raise CityBrainError(
            f"{len(findings)} finding(s) in the contracts",
            why="a contract that is wrong is rendered into every other room",
            remedy="mend each place named above, then run it again",
        )
    shown = sum(len(checker.examples(contract)) for contract in contracts().values())
    typer.echo(f"{len(contracts())} contracts and {shown} examples: all well")


def render(
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a rendered file is stale or edited.")
    ] = False,
) -> None:
    """Make schemas, DDL, dbt sources and the docs page from the contracts."""
    from streams.contracts import render as renderer

    if only_check:
        stale = renderer.stale()
        for path, why in stale.items():
            typer.echo(f"{path}: {why}", err=True)
        if stale:
            raise CityBrainError(
                f"{len(stale)} rendered file(s) differ from the contracts",
                why="they are made, never edited: a hand edit would be lost, a stale one misleads",
                remedy="citybrain contracts render",
            )
        typer.echo(f"{len(renderer.rendered())} rendered files: all current")
        return
    changed = renderer.write()
    for path in changed:
        typer.echo(f"wrote {path}")
    typer.echo(f"{len(renderer.rendered())} rendered files, {len(changed)} changed")


def diff(
    against: Annotated[str, typer.Option(help="Branch, tag or commit to compare with.")] = "HEAD",
    as_json: AsJson = False,
) -> None:
    """Compare the contracts with a git revision; exit 1 on a breaking change without a new version."""
    from streams.contracts import diff as differ

    changes = differ.diff(against)
    rows = [
        {
            "contract": change.contract,
            "place": change.place,
            "change": change.what,
            "verdict": "breaking" if change.fails else "new version exists" if change.excused else "fine",
        }
        for change in changes
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(("contract", "place", "change", "verdict"), rows)
    else:
        typer.echo(f"no contract changed since {against}")
    breaking = sum(change.fails for change in changes)
    if breaking:
        raise CityBrainError(
            f"{breaking} breaking change(s) since {against}",
            why="whoever reads these contracts would fail or misread",
            remedy="leave the old version as it was and add the change as a new one (<topic>.v<n+1>.yaml, or a "
            "new `versions` entry of the published model)",
        )
