"""The process behind `streams.builds.dbt.Dbt`: arguments of dbt commands in, a JSON list a line; what dbt says out.

The project is parsed once for all of them. A command ends with the line `{"ended": ...}`.
"""

from __future__ import annotations

import json
import sys


def main(parse: list[str]) -> None:
    """Answer the commands on standard input; `parse` are dbt's arguments for reading the project."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    read = dbtRunner().invoke(parse)
    _say(read.success, read.exception)
    if not isinstance(read.result, Manifest):
        return
    for line in sys.stdin:
        done = dbtRunner(manifest=read.result).invoke(json.loads(line))
        _say(done.success, done.exception)


def _say(success: bool, exception: BaseException | None) -> None:
    print(json.dumps({"ended": success, "exception": str(exception) if exception else ""}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
