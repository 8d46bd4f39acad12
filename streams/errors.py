"""The one error type that people see: what happened, why, and what to do about it."""

from __future__ import annotations


class CityBrainError(Exception):
    """An expected failure, said in three parts; the CLI prints it on stderr and exits with `exit_code`.

    Never put personal data or record payloads into any of the parts.
    """

    def __init__(self, what: str, *, why: str = "", remedy: str = "", exit_code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"why: {self.why}")
        if self.remedy:
            parts.append(f"do: {self.remedy}")
        return "\n".join(parts)
