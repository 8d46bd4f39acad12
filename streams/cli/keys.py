"""`citybrain keys`: versions of the key that turns reporters into tokens; no key is ever shown."""

from __future__ import annotations

import typer

from streams.cli.page import AsJson, print_json
from streams.errors import CityBrainError

keys = typer.Typer(no_args_is_help=True, help="Versions of the key that turns reporters into tokens.")


def register(app: typer.Typer) -> None:
    app.add_typer(keys, name="keys")


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the key versions in use, when each began, and from which day on a new one may come."""
    from streams.privacy.tokens import TokenKeys
    from streams.settings import Settings

    found = TokenKeys.from_secrets(Settings.load().secrets)
    if as_json:
        print_json(
            [
                {"key_id": key_id, "since": found.since.get(key_id), "is_current": key_id == found.current}
                for key_id in found.keys
            ]
        )
        return
    for key_id in found.keys:
        role = "makes new tokens" if key_id == found.current else "recognises old ones"
        typer.echo(f"key {key_id}: since {found.since.get(key_id, 'the installation')}, {role}")
    typer.echo(f"next rotation: {found.rotates_on or 'any day'}")


@keys.command()
def rotate() -> None:
    """Make a new key. The one before overlaps for 90 days, older ones are destroyed; refused inside the 90 days."""
    import json
    import secrets as random_secrets
    from datetime import UTC, datetime

    from streams.privacy.tokens import TokenKeys, rotated
    from streams.settings import Settings, write_private

    settings = Settings.load()
    try:
        after = rotated(settings.secrets, random_secrets.token_hex(32), datetime.now(UTC).date())
    except ValueError as error:
        raise CityBrainError(
            "the key is not rotated",
            why=str(error),
            remedy="wait for that day; repeats of a reporter are linked across one rotation, not across two",
        ) from error
    write_private(settings.home / "secrets.json", json.dumps(after, indent=2) + "\n")
    found = TokenKeys.from_secrets(after)
    typer.echo(f"key {found.current} makes new tokens from now on; next rotation: {found.rotates_on}")
