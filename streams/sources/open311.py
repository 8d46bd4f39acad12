"""Open311 GeoReport v2: the service requests of a server, window by window, without the fields that tell of a person.

A server answers with at most so many requests, in pages or not, and is asked no faster than the mapping says. What
it answers is written as JSON lines, which the mapping then reads like any other file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from streams.errors import CityBrainError
from streams.sources.mapping import Open311

PERSON_FIELDS = frozenset({"email", "first_name", "last_name", "phone", "device_id", "account_id", "media_url"})
"""Never written down: who reported, and pictures, which may show anybody."""

TRIES = 6
TIMEOUT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class Pulled:
    """What a pull wrote: `n_requests` distinct ones, out of `n_calls` answers."""

    n_requests: int
    n_calls: int


def pull(
    server: Open311,
    since: datetime,
    until: datetime,
    out: Path,
    sleep: Callable[[float], None],
    progress: Callable[[datetime, int], None] | None = None,
) -> Pulled:
    """Write the requests received in [since, until) (UTC) to `out`, one JSON object per line, each once.

    A window that fails after all tries ends the pull with a CityBrainError; the windows before it are in `out` then,
    and the error says where to go on. `progress` gets the end of each finished window and the requests so far.
    """
    seen: set[str] = set()
    n_written, at = 0, since
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(out.name + ".part")
    try:
        with _Client(server, sleep) as client, draft.open("w", encoding="utf-8") as file:
            draft.chmod(0o600)
            while at < until:
                end = min(at + timedelta(days=server.window_days), until)
                lines = [json.dumps(one, ensure_ascii=False) for one in client.window(at, end) if _is_new(one, seen)]
                file.writelines(f"{line}\n" for line in lines)
                n_written, at = n_written + len(lines), end
                if progress:
                    progress(at, n_written)
        draft.replace(out)
    except CityBrainError as error:
        if at == since:
            raise
        draft.replace(out)
        raise CityBrainError(
            f"{error.what}; {n_written} requests received before {at:%Y-%m-%d %H:%M} UTC are in {out}",
            why=error.why,
            remedy=f"take that file in, then go on with --since {at:%Y-%m-%d}",
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    return Pulled(n_written, client.n_calls)


def _is_new(request: dict[str, Any], seen: set[str]) -> bool:
    """Whether the request was not there yet; those without a number stay, to be rejected where people see it."""
    number = _number(request)
    if number in seen:
        return False
    if number:
        seen.add(number)
    return True


class _Client:
    """One server, one connection; waits between calls and tries again what may pass."""

    def __init__(self, server: Open311, sleep: Callable[[float], None]) -> None:
        self._server, self._sleep = server, sleep
        self._http = httpx.Client(
            timeout=TIMEOUT_SECONDS, follow_redirects=True, headers={"accept": "application/json"}
        )
        self._has_pages: bool | None = None
        self.n_calls = 0

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def window(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Requests received in the window; halved where the server cuts its answer off and knows no pages."""
        first = self._page(since, until, 1)
        yield from first
        numbers, number, page = {_number(one) for one in first}, 1, first
        while page and self._has_pages is not False:
            number += 1
            answer = self._page(since, until, number)
            page = [one for one in answer if _number(one) not in numbers]
            numbers |= {_number(one) for one in page}
            yield from page
            if self._has_pages is None:
                self._has_pages = bool(page) or not answer  # the first page again: it doesn't know pages
        if self._has_pages is not False or not self._looks_cut(len(first)):
            return
        middle = (since + (until - since) / 2).replace(microsecond=0)
        if middle <= since:
            raise CityBrainError(
                f"{self._server.endpoint} has {len(first)} or more requests in one second ({since:%Y-%m-%dT%H:%M:%SZ})",
                why="it answers no second page, and no shorter time can be asked for",
                remedy="raise open311.page_size in the mapping to what the server gives at most",
            )
        yield from self.window(since, middle)
        yield from self.window(middle, until)

    def _looks_cut(self, n: int) -> bool:
        """A full answer, or a round one: servers cut at their own limit, whatever was asked for."""
        return n > 0 and (n >= self._server.page_size or n % 50 == 0)

    def _page(self, since: datetime, until: datetime, number: int) -> list[dict[str, Any]]:
        parameters = {
            "start_date": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            # The standard doesn't say whether the end belongs to it; what comes twice is dropped.
            "end_date": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "page": str(number),
            "page_size": str(self._server.page_size),
        }
        if self._server.jurisdiction_id:
            parameters["jurisdiction_id"] = self._server.jurisdiction_id
        answer = self._get(f"{self._server.endpoint.rstrip('/')}/requests.json", parameters, may_be_missing=number > 1)
        if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
            raise CityBrainError(
                f"{self._server.endpoint} answered something that is no list of requests",
                why=f"a {type(answer).__name__}",
                remedy="check open311.endpoint in the mapping: it ends before /requests.json",
            )
        return [{name: value for name, value in one.items() if name not in PERSON_FIELDS} for one in answer]

    def _get(self, url: str, parameters: dict[str, str], *, may_be_missing: bool) -> Any:
        why, wait = "", 0.0
        for attempt in range(TRIES):
            if self.n_calls:
                self._sleep(max(60 / self._server.requests_per_minute, wait))
            self.n_calls += 1
            wait = float(2**attempt)
            try:
                answer = self._http.get(url, params=parameters)
                if answer.status_code == 429 or answer.status_code >= 500:
                    why = f"HTTP {answer.status_code}"
                    wait = _asked_wait(answer, wait)
                    continue
                if answer.status_code == 404 and may_be_missing:
                    return []  # how some servers say that there is no such page
                if answer.is_error:
                    raise CityBrainError(
                        f"{self._server.endpoint} refused the question",
                        why=f"HTTP {answer.status_code} {_description(answer)}".strip(),
                        remedy="check open311 in the mapping: endpoint, jurisdiction_id, window_days, page_size",
                    )
                return answer.json()
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
            except ValueError:
                why = f"its answer is no JSON ({answer.headers.get('content-type', 'of no type')})"
        raise CityBrainError(
            f"{self._server.endpoint} could not be read",
            why=f"{TRIES} tries; the last: {why}",
            remedy="look whether the server is up, then run the same command again",
        )


def _number(request: dict[str, Any]) -> str:
    return str(request.get("service_request_id") or "")


def _asked_wait(answer: httpx.Response, otherwise: float) -> float:
    """Seconds that the server asks for (Retry-After, as a number or a date), within reason."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return min(float(asked), LONGEST_WAIT_SECONDS)
    try:
        until, now = parsedate_to_datetime(asked), parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return otherwise
    return min(max((until.astimezone(UTC) - now.astimezone(UTC)).total_seconds(), otherwise), LONGEST_WAIT_SECONDS)


def _description(answer: httpx.Response) -> str:
    """What the server says is wrong, as the standard has it: [{code, description}]."""
    try:
        return str(answer.json()[0]["description"])[:200]
    except (ValueError, LookupError, TypeError):
        return ""
