"""A GeoReport v2 server on the wire: one question, its answer in whatever form, and what kind of "no" a "no" is.

Servers differ in what they refuse (a `Z`, a header), in how they wrap their lists, in JSON or XML, in encodings, and
in how they say that there is nothing. The first answers show the style; a mapping may set it (`open311`).
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import httpx
import tenacity

from streams.sources.mapping import Open311

PERSON_FIELDS = frozenset({"email", "first_name", "last_name", "phone", "device_id", "account_id", "media_url"})
"""Never passed on: who reported, and pictures, which may show anybody."""

TRIES = 6
TIMEOUT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 300.0

UNSURE_ANSWERS = 4
"""404s that may be "none" or a wrong address: with so many and no list ever, the address is held to be wrong."""

_MANY = ("service_requests", "requests", "services", "errors")
_WRAPPERS = (*_MANY, "service_request", "request", "service", "error", "data", "results", "items")

_NONE_SAID = re.compile(
    r"\b(no|zero|0)\s+(\w+\s+){0,2}(requests?|results?|records?|rows?|match(es)?)\b|\bnothing\b|"
    r"\b(requests?|results?|records?)\s+(were\s+|was\s+)?not found\b|没有.{0,8}(数据|记录|工单|诉求)|未找到|无数据",
    re.IGNORECASE,
)

_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})

Request = dict[str, Any]


class NoAnswerError(Exception):
    """A question without a usable answer; `why` in words, without any content. `status`: HTTP's, 0 without one."""

    def __init__(self, why: str, status: int = 0, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why, self.status, self.wait_seconds = why, status, wait_seconds


class PassingError(NoAnswerError):
    """It may be another answer next time."""


class LastingError(NoAnswerError):
    """The same question would bring the same again."""


@dataclass(frozen=True)
class Style:
    """How a question is put: form of its times, with an `accept` and a name or without, and the resource's ending."""

    times: str = "%Y-%m-%dT%H:%M:%SZ"
    has_headers: bool = True
    ending: str = "json"

    def others(self, status: int) -> Iterator[Style]:
        """Styles that a refusal of this kind may be about, the likeliest first; each differs in one thing."""
        if status in (400, 422, 500):
            for times in ("%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
                yield replace(self, times=times)
        if status in (400, 403, 406, 415):
            yield replace(self, has_headers=False)
        if status in (404, 406, 415):
            yield replace(self, ending="xml" if self.ending == "json" else "json")


@dataclass(frozen=True)
class _Question:
    since: datetime
    until: datetime
    page: int
    page_size: int

    def parameters(self, server: Open311, style: Style) -> dict[str, str]:
        jurisdiction = {"jurisdiction_id": server.jurisdiction_id} if server.jurisdiction_id else {}
        return {
            "start_date": self.since.strftime(style.times),
            # The standard doesn't say whether the end belongs to it; what comes twice is dropped.
            "end_date": self.until.strftime(style.times),
            "page": str(self.page),
            "page_size": str(self.page_size),
            **jurisdiction,
        }


class GeoReport:
    """One server, one connection. It waits between calls, tries again what may pass, and nothing else."""

    def __init__(self, server: Open311, sleep: Callable[[float], None]) -> None:
        self._server, self._sleep = server, sleep
        self._pause_seconds = 60 / server.requests_per_minute
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True)
        self._style = Style(ending=server.format)
        self._tried = {self._style}
        self._packing = "gzip"
        self._n_unsure, self._unsure = 0, ""
        self._unreadable = b""
        self.is_known = False
        """Whether it has given a list of requests yet."""
        self.n_calls = 0

    def __enter__(self) -> GeoReport:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(
        self, since: datetime, until: datetime, *, page: int = 1, page_size: int | None = None, tries: int = TRIES
    ) -> list[Request]:
        """The server's answer for requests received in the time (UTC), as it gives it: whole or cut; without persons.

        Raises PassingError after all tries, LastingError for what another try won't change.
        """
        question = _Question(since, until, page, page_size or self._server.page_size)
        try:
            return self._asked(question, self._style, tries)
        except NoAnswerError as refusal:
            is_none = self._means_none(refusal)
            if not self.is_known:
                if (found := self._in_another_style(question, refusal)) is not None:
                    return found
                self._n_unsure, self._unsure = self._n_unsure + 1, refusal.why
                is_none = is_none and (self._n_unsure < UNSURE_ANSWERS or self._has_services())
            if is_none:
                return []
            raise

    def confirm(self) -> None:
        """Raise LastingError if it only ever said that there is nothing, and may be no GeoReport server at all."""
        if not self.is_known and self._n_unsure and not self._has_services():
            raise LastingError(f"{self._unsure} to each question: nothing there, or no GeoReport server")

    def _means_none(self, refusal: NoAnswerError) -> bool:
        if isinstance(refusal, PassingError):
            return False
        is_said = refusal.status == 400 and _NONE_SAID.search(refusal.why)
        return bool(is_said) or refusal.status in self._server.none_status

    def _in_another_style(self, question: _Question, refusal: NoAnswerError) -> list[Request] | None:
        """The answer in a style that it takes, in which it is asked from now on; each is tried once in a pull."""
        while style := next((one for one in self._style.others(refusal.status) if one not in self._tried), None):
            self._tried.add(style)
            try:
                found = self._asked(question, style, tries=1)
            except LastingError as other:
                if other.status not in (0, 404, refusal.status):
                    self._style, refusal = style, other  # it minds something else now
            except PassingError:
                continue
            else:
                self._style = style
                return found
        return None

    def _has_services(self) -> bool:
        """Whether the address is a GeoReport server's: by the standard each lists its services."""
        self._sleep(self._pause_seconds)
        try:
            _listed(_document(self._once(f"services.{self._style.ending}", {}, self._style), self._server.encoding))
        except (NoAnswerError, ValueError):
            return False
        self.is_known = True
        return True

    def _asked(self, question: _Question, style: Style, tries: int) -> list[Request]:
        if self.n_calls:
            self._sleep(self._pause_seconds)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            stop=tenacity.stop_after_attempt(tries),
            wait=self._wait_seconds,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._requests, question, style)

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, PassingError) else None
        return max(self._pause_seconds, float(2 ** (state.attempt_number - 1)) if asked is None else asked)

    def _requests(self, question: _Question, style: Style) -> list[Request]:
        answer = self._once(f"requests.{style.ending}", question.parameters(self._server, style), style)
        try:
            found = _listed(_document(answer, self._server.encoding))
        except ValueError as error:
            kind = answer.headers.get("content-type", "of no type")
            digest, before = hashlib.sha256(answer.content).digest(), self._unreadable
            self._unreadable = digest
            why = f"its answer is no list of requests: {error} ({kind})"
            raise (LastingError if digest == before else PassingError)(why) from None
        self.is_known = True
        return [_without_persons(one) for one in found]

    def _once(self, resource: str, parameters: dict[str, str], style: Style) -> httpx.Response:
        """One call; the response if it says OK, its content unpacked."""
        self.n_calls += 1
        request = self._http.build_request(
            "GET",
            f"{self._server.endpoint.rstrip('/')}/{resource}",
            params=parameters,
            headers={"accept": "application/json, text/xml;q=0.9, */*;q=0.5", "accept-encoding": self._packing},
        )
        if not style.has_headers:
            del request.headers["accept"], request.headers["user-agent"]
        try:
            with closing(self._http.send(request, stream=True)) as answer:
                content = _unpacked(b"".join(answer.iter_raw()), answer.headers.get("content-encoding", ""))
        except httpx.HTTPError as error:
            raise (LastingError if _is_lasting(error) else PassingError)(str(error) or type(error).__name__) from None
        except (zlib.error, EOFError):
            self._packing = "identity"
            raise PassingError("its compressed answer is broken") from None
        headers = [one for one in answer.headers.multi_items() if one[0].lower() != "content-encoding"]
        said = httpx.Response(answer.status_code, headers=headers, content=content)
        if said.status_code in _MAY_PASS:
            raise PassingError(f"HTTP {said.status_code}", said.status_code, _asked_wait_seconds(said))
        if not said.is_success:
            raise LastingError(f"HTTP {said.status_code} {_description(said)}".strip(), said.status_code)
        return said


# --- answers ----------------------------------------------------------------------------------------------


def _unpacked(raw: bytes, said: str) -> bytes:
    """By what the bytes are: servers say gzip and send plain text, or the other way round."""
    if raw.startswith(b"\x1f\x8b"):
        packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content = packed.decompress(raw)
        if not packed.eof:
            raise EOFError
        return content
    if said == "deflate":
        for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
            try:
                return zlib.decompress(raw, bits)
            except zlib.error:
                continue
    return raw


def _document(answer: httpx.Response, encoding: str | None) -> Any:
    """JSON or XML as Python values, by what the text begins with; ValueError for what is neither."""
    if not answer.content.strip():
        if answer.status_code == httpx.codes.NO_CONTENT:
            return []
        raise ValueError("it is empty")
    text = _text(answer.content, encoding or answer.charset_encoding)
    if text.lstrip().startswith("<"):
        return _xml(answer.content if not encoding and b"encoding=" in answer.content[:200] else text)
    return json.loads(text, parse_float=str)  # the digits as they are written


def _text(content: bytes, told: str | None) -> str:
    """What the bytes say: UTF-8 where they are, else as told, else by high bytes: alone (é) or in pairs."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", content)]
    guess = "cp1252" if 2 * sum(length == 1 for length in runs) >= len(runs) else "gb18030"
    for encoding in ("utf-8-sig", told or guess):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise ValueError(f"its bytes are no {told or guess}; set open311.encoding")


def _xml(text: str | bytes) -> Any:
    if "<!DOCTYPE" in (text if isinstance(text, str) else text.decode("latin-1")):
        raise ValueError("a page or a document with a type of its own")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # no document type, so no entities to expand
    except ElementTree.ParseError as error:
        raise ValueError(f"no XML: {error}") from None
    return {_tag(root): _values(root)}


def _values(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    if _tag(element) in _MANY and len({_tag(one) for one in children}) == 1:
        return [_values(one) for one in children]
    return {_tag(one): _values(one) for one in children}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _listed(document: Any) -> list[Request]:
    """The requests (or services) of a document: a list, one inside wrappers, or GeoReport's XML.

    ValueError for another shape; LastingError for an error that came with status 200.
    """
    found = list(_rows(document))
    if isinstance(document, dict) and found == [document] and "service_request_id" not in document:
        raise ValueError("an object without a list of them")
    if found and all("service_request_id" not in one and {"code", "description"} <= one.keys() for one in found):
        code, description = (str(found[0][name]) for name in ("code", "description"))
        raise LastingError(f"HTTP 200, error {code} {description}"[:200], int(code) if code.isdecimal() else 0)
    return found


def _rows(node: Any) -> Iterator[Request]:
    if isinstance(node, list):
        for one in node:
            yield from _rows(one)
    elif isinstance(node, dict):
        name = next((name for name in _WRAPPERS if isinstance(node.get(name, ""), dict | list | None)), None)
        if name is None or "service_request_id" in node:
            yield node
        else:
            yield from _rows(node[name])
    elif node is not None:
        raise ValueError(f"a {type(node).__name__} where a request should be")


def _without_persons(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_persons(one) for one in node]
    if isinstance(node, dict):
        return {name: _without_persons(value) for name, value in node.items() if name.lower() not in PERSON_FIELDS}
    return node


# --- refusals ---------------------------------------------------------------------------------------------


def _is_lasting(error: BaseException) -> bool:
    """An address that can't be: no such host, a certificate that is wrong, no http, a circle of redirects."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.TooManyRedirects):
        return True
    cause = error.__cause__ or error.__context__
    if isinstance(cause, socket.gaierror):
        return cause.errno != socket.EAI_AGAIN
    return isinstance(cause, ssl.SSLCertVerificationError) or (cause is not None and _is_lasting(cause))


def _asked_wait_seconds(answer: httpx.Response) -> float | None:
    """What the server asks for (Retry-After, as a number or a date), within reason."""
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return min(float(asked), LONGEST_WAIT_SECONDS)
    try:
        until, now = parsedate_to_datetime(asked), parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None
    return min(max((until.astimezone(UTC) - now.astimezone(UTC)).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def _description(answer: httpx.Response) -> str:
    """What the server says is wrong, as the standard has it: a list of {code, description}."""
    try:
        return str(next(_rows(_document(answer, None)))["description"])[:200]
    except (ValueError, LookupError, TypeError, StopIteration):
        return ""
