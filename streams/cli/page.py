"""Where commands print their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

LOG_COLUMNS = 160


def console() -> Console:
    """Standard output as wide as the terminal; into a file or a pipe LOG_COLUMNS, where nothing needs to be folded."""
    from rich.console import Console

    made = Console()
    return made if made.is_terminal else Console(width=LOG_COLUMNS)
