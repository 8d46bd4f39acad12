"""The one way a DAG does work: it runs the checkout's `citybrain` command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CHECKOUT = Path(__file__).resolve().parent.parent

PROGRAM = CHECKOUT / ".venv/bin/citybrain"

FINAL_EXIT_CODES = {
    2: "the command or a setting is wrong",
    3: "the quality gate is red: nothing was published, the last good publication stays; "
    "published.data_health names the broken rules",
}
"""Exit code -> what it means, where trying again can't help; any other code but 0 may be retried."""


class CitybrainOperator(BaseOperator):
    """Run `citybrain <arguments>` in the checkout; its output is the task's log, its exit code the verdict.

    The command gets the scheduler's environment (CITYBRAIN_HOME and the other settings) without Airflow's
    own secrets. There is no shell, so a run id or a parameter is always one argument and never a command.
    """

    template_fields: Sequence[str] = ("arguments",)

    def __init__(self, *, arguments: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments

    @cached_property
    def process(self) -> SubprocessHook:
        return SubprocessHook()

    def execute(self, context: Mapping[str, Any]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        command = [str(PROGRAM), *self.arguments]
        code = self.process.run_command(command, env=environment, cwd=str(CHECKOUT)).exit_code
        if code in FINAL_EXIT_CODES:
            raise AirflowFailException(f"exit code {code}: {FINAL_EXIT_CODES[code]}")
        if code != 0:
            raise AirflowException(f"exit code {code} of: citybrain {' '.join(self.arguments)}")

    def on_kill(self) -> None:
        """Pass a stop from the UI or a timeout on to the command and its children."""
        self.process.send_sigterm()
