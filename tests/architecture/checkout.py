"""The files that the architecture tests look at: what git tracks or would track, never what is generated here."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(pattern: str = "**/*") -> list[Path]:
    """Paths relative to the checkout, sorted, of tracked and not yet tracked files that match the glob."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", f":(glob){pattern}"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    found = sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()})
    assert found, f"no file matches {pattern}: a check of nothing proves nothing"
    return found


def text(path: Path) -> str | None:
    """Content of a text file of the checkout; None for a binary one (or an example of broken text)."""
    content = (ROOT / path).read_bytes()
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def refuse(findings: list[str]) -> None:
    """Fail with every finding on a line of its own; pass when there is none."""
    assert not findings, f"{len(findings)} found:\n" + "\n".join(str(one) for one in findings)
