"""Install everything the platform needs into the checkout; run by `make install` with any Python 3.11.

First the machine is checked, so that a missing Java or a full disk is said before anything is downloaded;
`--check` stops there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if sys.version_info[:2] != (3, 11):
    sys.exit(
        "error  Python 3.11 is needed, this is {}.{}\n  do   sudo apt-get install -y python3.11 python3.11-venv".format(
            *sys.version_info[:2]
        )
    )

from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings
from streams.stack import host, install


def main() -> int:
    faults = [check for check in host.checks(Settings.load().home) if not check.is_ok]
    for check in faults:
        print(f"error  {check.message}\n  do   {check.remedy}", file=sys.stderr)
    if faults or "--check" in sys.argv[1:]:
        return len(faults) > 0
    todo = [step for step in install.steps() if not step.is_done()]
    if not todo:
        return 0
    print(f"Installing into {CHECKOUT}: " + ", ".join(step.name for step in todo), flush=True)
    start, line = time.monotonic(), Line()
    try:
        install.run(line.say)
    except CityBrainError as error:
        line.end()
        print(f"error  {error.what}\n  why  {error.why}\n  do   {error.remedy}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        line.end()
        print("stopped by Ctrl-C; `make install` goes on where it stopped", file=sys.stderr)
        return 130
    line.end()
    print(f"Installed in {time.monotonic() - start:.0f} s.")
    return 0


class Line:
    """One line of progress: rewritten on a terminal, repeated every 15 s in a log."""

    def __init__(self) -> None:
        self.what = ""
        self.at = 0.0

    def say(self, words: str) -> None:
        if sys.stdout.isatty():
            print(f"\r\033[K{words}", end="", flush=True)
        elif words.partition(" (")[0] != self.what or time.monotonic() - self.at > 15:
            print(words, flush=True)
            self.at = time.monotonic()
        self.what = words.partition(" (")[0]

    def end(self) -> None:
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
