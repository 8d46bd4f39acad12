"""The API as an application: one list for each resource, its documentation from the published contracts."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from streams.api import problems, sdmx
from streams.api.answers import etag_of, headers_of, not_modified
from streams.api.problems import ProblemError
from streams.api.reader import Publication, Reader, Row, publication, rows
from streams.api.resources import MAX_ROWS, Resource, Statement, cursor_of, key_of, page_query, resources
from streams.contracts.published import PublishedColumn
from streams.publications.sql import Answer, write_csv, write_json
from streams.settings import Settings
from streams.warehouse.version import code_version

FEW_ROWS = 1_000

PYTHON_TYPES: dict[str, Any] = {
    "text": str,
    "boolean": bool,
    "integer": int,
    "bigint": int,
    "double precision": float,
    "date": date,
    "timestamp": str,  # without a zone, as the columns are: their names say UTC
}

BIGINT = 2**63 - 1

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]

FILTER_TYPES: dict[str, Any] = {
    "text": Text,
    "boolean": bool,
    "integer": Annotated[int, Field(ge=0, le=2**31 - 1)],
    "bigint": Annotated[int, Field(ge=0, le=BIGINT)],
    "date": date,
}


def _whole_day(value: Any) -> Any:
    """A text of ten characters is a day; without this it would be midnight, when that day's publication wasn't out."""
    if isinstance(value, str) and len(value) == len("2026-12-01"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


AsOfText = Annotated[Annotated[int, Field(ge=0, le=BIGINT)] | datetime | date, BeforeValidator(_whole_day)]

AS_OF = (
    "Answer as known then: a publication's number, a day (the newest publication at its end, UTC) or an instant. "
    "Without it the newest publication answers."
)

DESCRIPTION = """\
Read-only: what is published, with the same masks as everywhere. A masked number is null and `suppressed` is true.

* **Formats**: JSON, or CSV by `format=csv` or `Accept: text/csv`.
* **Pages**: `limit` rows; `next` in JSON and the header `Link` name the next page.
* **ETag**: an answer changes with a publication only; `If-None-Match` gets 304.
* **Errors**: `application/problem+json` with what, why and what to do.
"""


def make_app(settings: Settings) -> FastAPI:
    """The application; it opens its sessions when it is started and none before it is asked."""
    reader = Reader(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        reader.open()
        yield
        reader.close()

    app = FastAPI(
        title="City Brain 城市大脑",
        version=code_version(),
        description=DESCRIPTION,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)

    @app.get("/health", summary="Whether the API lives", include_in_schema=False)
    def health() -> dict[str, str]:
        return {"state": "healthy"}

    @app.get(
        "/v1/data_health",
        summary="One row per city and source, always current: arrivals, rejects, the last verdict and why.",
        operation_id="data_health",
        response_model=None,
        responses={200: {"model": _Health}, 503: problems.RESPONSES[503]},
    )
    def data_health() -> Response:
        with reader.session() as connection:
            found = rows(connection, Statement("select * from published.data_health order by city_code, source", {}))
        out = io.StringIO()
        write_json(_answer(tuple(found[0]) if found else (), found), out)
        text = f'{{"rows":{out.getvalue()}}}'
        return Response(text, headers={"Cache-Control": "no-store"}, media_type="application/json")

    for resource in resources().values():
        _add(app, reader, resource)
    sdmx.add(app, reader)
    return app


def _add(app: FastAPI, reader: Reader, resource: Resource) -> None:
    asked = _parameters(resource)

    def answer(request: Request, query: BaseModel) -> Response:
        given = query.model_dump(exclude_none=True)
        kind = given.pop("format", None) or _kind(request)
        limit, cursor = given.pop("limit"), given.pop("cursor", None)
        as_of, since, before = (given.pop(name, None) for name in ("as_of", "since", "before"))
        after = None if cursor is None else key_of(resource, cursor)
        if cursor is not None and after is None:
            remedy = "begin without `cursor`, then follow `next`"
            raise ProblemError(404, "there is no such page", why="the cursor is none that was given", remedy=remedy)
        with reader.session() as connection:
            found = publication(connection, as_of)
            etag = etag_of(found, kind)
            unchanged = not_modified(request, etag)
            if unchanged:
                return unchanged
            statement = page_query(
                resource,
                publication_id=found.publication_id,
                wanted={name: values for name, values in given.items() if values},
                since=since,
                before=before,
                limit=limit,
                after=after,
            )
            page = rows(connection, statement)
        more = page[limit - 1] if len(page) > limit else None
        following = None if more is None else str(request.url.include_query_params(cursor=cursor_of(resource, more)))
        return _written(resource, page[:limit], found, following, kind, headers_of(etag))

    endpoint: Callable[..., Response] = answer
    endpoint.__annotations__["query"] = Annotated[asked, Query()]
    app.get(
        f"/v1/{resource.name}",
        summary=resource.title,
        operation_id=resource.name,
        response_model=None,
        responses={
            **{status: problems.RESPONSES[status] for status in (400, 404, 406, 503)},
            200: {"model": _page_model(resource), "content": {"text/csv": {}}},
            304: {"description": "Not changed since the publication that `If-None-Match` names."},
        },
    )(endpoint)


def _kind(request: Request) -> str:
    accepted = request.headers.get("accept", "*/*")
    if "text/csv" in accepted:
        return "csv"
    if any(one in accepted for one in ("application/json", "application/*", "*/*")):
        return "json"
    why = f"JSON and CSV are served, not {accepted[:100]}"
    raise ProblemError(406, "the format is not served", why=why, remedy="Accept: application/json or text/csv")


def _written(
    resource: Resource, page: list[Row], found: Publication, following: str | None, kind: str, headers: dict[str, str]
) -> Response:
    answer = _answer(tuple(column.name for column in resource.columns), page)
    out = io.StringIO()
    if following:
        headers["Link"] = f'<{following}>; rel="next"'
    if kind == "csv":
        write_csv(answer, out)
        return Response(out.getvalue(), headers=headers, media_type="text/csv")
    write_json(answer, out)
    head = _Page(
        publication_id=found.publication_id,
        published_at_utc=found.published_at_utc.isoformat(),
        data_as_of_utc=found.data_as_of_utc.isoformat(),
        next=following,
    )
    text = f'{head.model_dump_json()[:-1]},"rows":{out.getvalue()}}}'
    return Response(text, headers=headers, media_type="application/json")


def _answer(names: tuple[str, ...], page: list[Row]) -> Answer:
    return Answer(names, (False,) * len(names), tuple(tuple(row.values()) for row in page), is_cut=False)


class _Health(BaseModel):
    """The state of each source now, which no publication freezes."""

    rows: list[dict[str, Any]] = Field(description="Columns as in `published.data_health`, whose comments tell them.")


class _Page(BaseModel):
    """A page of rows with the publication that they are of."""

    publication_id: int = Field(description="发布编号。Publication that answers.")
    published_at_utc: str = Field(description="发布时间。When it was published (UTC).")
    data_as_of_utc: str = Field(description="数据截至。Latest as-of instant of its cities (UTC).")
    next: str | None = Field(description="Address of the next page; null on the last one.")


def _page_model(resource: Resource) -> type[BaseModel]:
    fields: dict[str, Any] = {column.name: _field(column) for column in resource.columns}
    row = create_model(f"{resource.name}_row", **fields)
    return create_model(f"{resource.name}_page", __base__=_Page, rows=(list[row], Field(description=resource.title)))  # type: ignore[valid-type]


def _field(column: PublishedColumn) -> tuple[Any, Any]:
    kind = PYTHON_TYPES[column.data_type]
    return (kind if column.required else kind | None, Field(description=column.description))


def _parameters(resource: Resource) -> type[BaseModel]:
    """The query parameters: a filter for each column that has one, the page, the format, the publication."""
    known = {column.name: column for column in resource.columns}
    fields: dict[str, Any] = {
        name: (
            list[FILTER_TYPES[known[name].data_type]],  # type: ignore[misc]
            Field(default=[], max_length=100, description=known[name].description),
        )
        for name in resource.filters
    }
    if resource.period:
        words = f"Only rows whose `{resource.period}` is"
        fields["since"] = (date | None, Field(default=None, description=f"{words} this day or later."))
        fields["before"] = (date | None, Field(default=None, description=f"{words} before this day."))
    if resource.of_publication:
        fields["as_of"] = (AsOfText | None, Field(default=None, description=AS_OF))
    fields["limit"] = (int, Field(default=FEW_ROWS, ge=1, le=MAX_ROWS, description="Rows of a page."))
    fields["cursor"] = (Text | None, Field(default=None, description="Page mark out of `next`."))
    fields["format"] = (Literal["json", "csv"] | None, Field(default=None, description="Goes before `Accept`."))
    return create_model(f"{resource.name}_query", __config__=ConfigDict(extra="forbid"), **fields)
