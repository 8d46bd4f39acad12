"""All service requests of an Open311 server that were received in a time, or a list of the times that may lack some.

Servers cut their answers at a limit of their own and don't say so, ignore pages, move them while they are read, cut
the time off dates, or fail on one bad day for ever. So an answer is believed only if it is surely whole (`_doubt`);
else the time is halved until it is. What can't be shown to be whole, or can't be had, is a gap: told, with the rest
taken. What comes is written as JSON lines, which the mapping then reads like any other file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.errors import CityBrainError
from streams.sources.georeport import TRIES, GeoReport, LastingError, NoAnswerError, Request
from streams.sources.mapping import Open311

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)

LEAST_LIMIT = 10
"""Answers under so many are not cut: no server gives fewer at once. Beyond, its own largest answer is the measure."""

SHORTEST_FAILURE = timedelta(hours=1)
"""A time that fails is halved down to this, then skipped."""

FEWER_TRIES = 2
"""For the parts of a time that has failed all its tries."""

MAX_PAGES = 1000
PASSES = 3


@dataclass(frozen=True)
class Gap:
    """A time (UTC) of which requests may be missing, and why."""

    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True)
class Pulled:
    """What a pull wrote: `n_requests` distinct ones, out of `n_calls` calls; whole if there are no `gaps`."""

    n_requests: int
    n_calls: int
    gaps: tuple[Gap, ...] = ()


def pull(
    server: Open311,
    since: datetime,
    until: datetime,
    out: Path,
    sleep: Callable[[float], None],
    progress: Callable[[datetime, int], None] | None = None,
) -> Pulled:
    """Write the requests received in [since, until) (UTC) to `out`, one JSON object per line, each once.

    A server that refuses or doesn't answer at all ends the pull with a CityBrainError; what it gave before is in
    `out` then, and the error says where to go on. `progress` gets the end of each finished time and the requests so
    far. The number of calls is bounded, whatever the server does.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(out.name + ".part")
    n_written = 0
    try:
        with GeoReport(server, sleep) as client, draft.open("w", encoding="utf-8") as file:
            draft.chmod(0o600)
            walk = _Walk(client, server, since, until)
            try:
                for reached, found in walk.answers():
                    file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in found)
                    n_written += len(found)
                    if progress:
                        progress(reached, n_written)
                client.confirm()
            except NoAnswerError as refusal:
                error = _told(server, refusal)
                if not n_written:
                    raise error from None
                file.flush()
                draft.replace(out)
                go_on = max(min([walk.at, *(gap.since for gap in walk.gaps)]), since)
                raise CityBrainError(
                    f"{error.what}; {n_written} requests that came before are in {out}",
                    why=error.why,
                    remedy=f"take that file in, then go on with --since {go_on:%Y-%m-%dT%H:%M:%S}",
                ) from None
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    return Pulled(n_written, client.n_calls, tuple(walk.gaps))


def _told(server: Open311, refusal: NoAnswerError) -> CityBrainError:
    if isinstance(refusal, LastingError):
        return CityBrainError(
            f"{server.endpoint} refused the question",
            why=refusal.why,
            remedy="check open311 in the mapping: endpoint, format, encoding, none_status, jurisdiction_id",
        )
    return CityBrainError(
        f"{server.endpoint} could not be read",
        why=f"{TRIES} tries; the last: {refusal.why}",
        remedy="look whether the server is up, then run the same command again",
    )


class _Walk:
    """From the first instant to the last in steps that grow while answers are surely whole, and are halved where not.

    A day more is asked at both ends, for servers that read dates in a zone of their own, without the time, or without
    the end; what lies outside by its own time is left out.
    """

    def __init__(self, client: GeoReport, server: Open311, since: datetime, until: datetime) -> None:
        self._client, self._since, self._until = client, since, until
        self._longest = DAY * server.window_days - SECOND  # each question begins a second before the last one's end
        self._largest = min(LEAST_LIMIT, server.page_size)
        self._grain = SECOND
        self._written: set[str] = set()
        self._ahead: dict[str, datetime] = {}
        self._answered: set[str] = set()
        self._good_until: datetime | None = None
        self._skipped_until: datetime | None = None
        self.at = _midnight(since) - DAY
        self.gaps: list[Gap] = []

    def answers(self) -> Iterator[tuple[datetime, list[Request]]]:
        """(instant reached, requests that are new) of each answer."""
        last, step, tries = self._until + DAY, self._longest, TRIES
        while self.at < last:
            if self._client.n_calls > self._calls_due():
                self._skip(last, f"{self._client.n_calls} calls, more than a server that keeps to the times needs")
                break
            end = min(self._end(step), last)
            step, grain = end - self.at, self._grain
            try:
                found = self._ask(end, tries=tries)
                doubt = self._doubt(found, end)
                yield self.at, self._new(found)
                if self._grain > grain:  # what it told apart before may have been cut as well
                    self.at, step = _midnight(self.at), self._grain
                    continue
                if doubt and step <= self._grain:
                    found, doubt = self._last_resort(found, doubt, end)
                    yield self.at, self._new(found)
            except NoAnswerError as failure:
                self._require_server(failure)
                tries, shortest = FEWER_TRIES, max(self._grain, SHORTEST_FAILURE)
                if step <= shortest or (self._skipped_until == self.at and self._fails(end - shortest, end)):
                    self._skip(end, failure.why)
                    step *= 2
                else:
                    step = _halved(step, shortest)
                continue
            tries = TRIES
            if doubt is None:
                self.at = self._good_until = end
                done = {_identity(one) for one in found}  # beyond the end too, where its days are not ours
                self._ahead = {one: at for one, at in self._ahead.items() if at >= end and one not in done}
                step = step * 2 if len(found) * 2.5 < self._largest else step
            elif step > self._grain:
                step = _halved(step, self._grain)
            else:
                self._answered = {_identity(one) for one in found}
                self._skip(end, doubt)
        yield self._until, []

    def _calls_due(self) -> float:
        """Far more than it takes: some for each day, and for each answer that the requests could fill."""
        days = (self._until - self._since) / DAY
        return 200 + 5 * days + 10 * len(self._written) / max(self._largest, 20)

    def _ask(self, end: datetime, **how: int) -> list[Request]:
        """From `at`; never for longer than the server bears, even where it doesn't look at the dates."""
        return self._client.ask(self._from(), min(end, self.at + self._longest), **how)

    def _from(self) -> datetime:
        """A second early, for servers to which neither border belongs; not where days are all that it tells apart."""
        return self.at - SECOND if self._grain < DAY else self.at

    def _end(self, step: timedelta) -> datetime:
        """Whole days end at midnight: a server that cuts the time off dates reads them as they are meant."""
        end = self.at + min(step, max(self._longest, self._grain))
        return end if end - self.at < DAY else _midnight(end)

    def _doubt(self, found: list[Request], end: datetime) -> str | None:
        """Why the answer may lack requests of the time, or None if it is surely whole. Learns what the server can.

        An answer is whole if the server has given a longer one (or it is under any limit), and holds each request
        that other answers had for the time.
        """
        times = {_identity(one): _instant(one) for one in found}
        is_full = len(found) >= self._largest
        known = [instant for instant in times.values() if instant]
        strays = [one for one in known if not self._from() - 2 * DAY <= one <= end + 2 * DAY]
        is_again = not known and times.keys() == self._answered
        if is_full and (2 * len(strays) > len(known) or is_again):
            self._grain = self._until + 2 * DAY - self.at
            return "it gives requests of other times than it is asked for"
        lacks = self._lacks(times, end)
        if end - self.at < DAY and self._grain < DAY:
            is_kept = all(self._from() <= one <= end for one in known) and len(known) == len(times)
            if lacks or not is_kept:
                self._grain = DAY
        if lacks:
            return "an answer lacks requests that another one has"
        if is_full:
            self._largest = len(found)
            return f"it gives {len(found)} requests, which may be its limit, and no shorter time can be asked for"
        return None

    def _lacks(self, found: Mapping[str, object], end: datetime) -> bool:
        """Whether a request that other answers had for the time is not among these."""
        return any(self.at < received < end - SECOND and one not in found for one, received in self._ahead.items())

    def _last_resort(self, found: list[Request], doubt: str, end: datetime) -> tuple[list[Request], str | None]:
        """What more there is of a time that can't be halved, and the doubt that stays."""
        if self._grain == DAY:  # one that takes the last day as a whole gave two
            tight = self._ask(end - SECOND)
            if tight and self._doubt(tight, end - SECOND) is None:
                return tight, None
        size, before, union = max(len(found), LEAST_LIMIT), set[str](), {_identity(one): one for one in found}
        for _ in range(PASSES):
            pages = self._pages(end, size)
            if pages is None:
                return list(union.values()), f"{doubt}; it knows no pages"
            union |= pages
            inside = {number for number, one in pages.items() if self._is_asked_for(one)}
            if inside == before and not self._lacks(pages, end):
                return list(union.values()), None
            before = inside
        return list(union.values()), f"{doubt}; its pages differ each time they are read"

    def _pages(self, end: datetime, size: int) -> dict[str, Request] | None:
        """Every page to the first that is not full; None where there are none: the same again, or no end."""
        found: dict[str, Request] = {}
        for number in range(1, MAX_PAGES + 1):
            page = {_identity(one): one for one in self._ask(end, page=number, page_size=size)}
            if number > 1 and 2 * len(page.keys() & found.keys()) > len(page):
                return None
            found |= page
            if len(page) < size:
                return found
        return None

    def _new(self, found: list[Request]) -> list[Request]:
        """Those of the asked time that are not written yet."""
        for one in found:
            if (instant := _instant(one)) and instant >= self.at:
                self._ahead[_identity(one)] = instant
        new = {_identity(one): one for one in found if self._is_asked_for(one)}
        new = {identity: one for identity, one in new.items() if identity not in self._written}
        self._written |= new.keys()
        return list(new.values())

    def _is_asked_for(self, request: Request) -> bool:
        instant = _instant(request)
        return instant is None or self._since <= instant < self._until

    def _skip(self, end: datetime, why: str) -> None:
        since, until = max(self.at, self._since), min(end, self._until)
        if since < until:
            before = self.gaps.pop() if self.gaps and self.gaps[-1].until == since else Gap(since, until, why)
            self.gaps.append(Gap(before.since, until, before.why))
        self.at = self._skipped_until = end

    def _fails(self, since: datetime, until: datetime) -> bool:
        try:
            self._client.ask(since, until, tries=FEWER_TRIES)
        except NoAnswerError:
            return True
        return False

    def _require_server(self, failure: NoAnswerError) -> None:
        """Raise the failure again unless the server still answers for another time."""
        until = self._good_until - SECOND if self._good_until else self._until
        if (isinstance(failure, LastingError) and not self._client.is_known) or self._fails(until - SECOND, until):
            raise failure


def _halved(step: timedelta, shortest: timedelta) -> timedelta:
    return max(step // 2 // SECOND * SECOND, shortest)


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def _identity(request: Request) -> str:
    """Its number; one without is itself, and will be rejected where people see it."""
    return str(request.get("service_request_id") or json.dumps(request, ensure_ascii=False))


def _instant(request: Request) -> datetime | None:
    """When it was received, if it says so with its zone."""
    try:
        instant = datetime.fromisoformat(str(request.get("requested_datetime")))
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else None
