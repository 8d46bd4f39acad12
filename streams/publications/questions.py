"""Ready questions of analysts: one SQL file each, to be run as it is or taken for a start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streams.errors import CityBrainError

FOLDER = Path(__file__).parent / "questions"


@dataclass(frozen=True)
class Question:
    """One file: its first two lines say in Chinese and in English what it asks."""

    name: str
    title_zh: str
    title_en: str
    sql: str


def questions() -> list[Question]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.sql"))]


def question(name: str) -> Question:
    """The one of this name; raises CityBrainError that names those there are."""
    found = {one.name: one for one in questions()}
    if name not in found:
        raise CityBrainError(
            f"there is no ready question {name!r}",
            why=f"there are: {', '.join(found)}",
            remedy="citybrain sql --questions",
            exit_code=2,
        )
    return found[name]


def _read(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    chinese, english = (line.removeprefix("-- ") for line in text.splitlines()[:2])
    return Question(path.stem, chinese, english, text.rstrip().removesuffix(";"))
