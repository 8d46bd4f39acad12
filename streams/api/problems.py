"""What goes wrong, told to programs: application/problem+json (RFC 9457) with what, why and what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from streams.errors import CityBrainError

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "remedy"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "What happened."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Why."},
        "remedy": {"type": "string", "description": "What to do about it."},
    },
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {MEDIA_TYPE: {"schema": PROBLEM}}}
    for status, words in (
        (400, "The request can't be read."),
        (404, "There is no such thing."),
        (406, "None of the formats asked for is served."),
        (503, "The warehouse does not answer now, or not in time."),
    )
}


class ProblemError(Exception):
    """An answer that is a problem; `headers` go with it."""

    def __init__(
        self, status: int, what: str, *, why: str = "", remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what)
        self.status, self.what, self.why, self.remedy, self.headers = status, what, why, remedy, headers


def install(app: FastAPI) -> None:
    """Have every failure of the app answered as a problem."""
    import psycopg
    from psycopg_pool import PoolTimeout

    @app.exception_handler(ProblemError)
    def problem(_: Request, error: ProblemError) -> Response:
        return _answer(error)

    @app.exception_handler(RequestValidationError)
    def unreadable(_: Request, error: RequestValidationError) -> Response:
        whys = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        remedy = "/openapi.json says what may be asked"
        return _answer(ProblemError(400, "the request can't be read", why=whys, remedy=remedy))

    @app.exception_handler(HTTPException)
    def refused(_: Request, error: HTTPException) -> Response:
        remedy = "/openapi.json says what there is"
        return _answer(ProblemError(error.status_code, str(error.detail), remedy=remedy, headers=error.headers))

    @app.exception_handler(psycopg.errors.QueryCanceled)
    def late(_: Request, error: Exception) -> Response:
        why = "the answer took longer than the limit and was stopped"
        return _answer(ProblemError(503, "the answer took too long", why=why, remedy="ask for less: filters, limit"))

    @app.exception_handler(psycopg.DataError)
    def unfit(_: Request, error: psycopg.DataError) -> Response:
        why = str(error).partition("\n")[0]
        return _answer(ProblemError(400, "a value can't be read", why=why, remedy="/openapi.json says the types"))

    def away(_: Request, error: Exception) -> Response:
        what = "the warehouse does not answer"
        return _answer(ProblemError(503, what, why=type(error).__name__, remedy="ask again in a minute"))

    for kind in (psycopg.OperationalError, PoolTimeout, CityBrainError):
        app.add_exception_handler(kind, away)


def _answer(error: ProblemError) -> Response:
    body = {
        "type": "about:blank",
        "title": error.what,
        "status": error.status,
        "detail": error.why,
        "remedy": error.remedy,
    }
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, error.status, dict(error.headers or {}), media_type=MEDIA_TYPE)
