"""What all answers of a publication have in common: callers keep them and ask whether they still hold."""

from __future__ import annotations

from fastapi import Request, Response

from streams.api.reader import Publication
from streams.warehouse.version import code_version


def etag_of(found: Publication, kind: str) -> str:
    """The same for the same publication, format and code; the address says the rest."""
    return f'"{found.publication_id}-{code_version()}-{kind}"'


def not_modified(request: Request, etag: str) -> Response | None:
    """304 where the caller holds this very answer."""
    held = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    return Response(status_code=304, headers=headers_of(etag)) if held & {etag, "*"} else None


def headers_of(etag: str) -> dict[str, str]:
    """Of every answer that a publication gives: callers keep it and ask whether it still holds."""
    return {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept"}
