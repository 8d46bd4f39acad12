"""The SQL of each indicator as it lies in tests/data/indicator_sql: `python -m tests.unit.builds.golden` writes it."""

from __future__ import annotations

from pathlib import Path

from streams.builds.indicator_sql import catalogue, sql_of

FOLDER = Path(__file__).parents[2] / "data" / "indicator_sql"


def golden() -> dict[str, str]:
    """File name -> text, one for each version of the catalogue that has figures."""
    return {
        f"{indicator}_v{version}.sql": sql_of(row)
        for (indicator, version), row in catalogue().items()
        if row["state"] != "refused"
    }


if __name__ == "__main__":
    for path in FOLDER.glob("*.sql"):
        path.unlink()
    for name, text in golden().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
