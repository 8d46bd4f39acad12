"""SDMX-REST 2.2 below `/sdmx`: statisticians' clients read every indicator, as known at any publication."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from psycopg.rows import dict_row
from pysdmx.io import write_sdmx
from pysdmx.io.format import Format
from pysdmx.model import Organisation
from pysdmx.model.message import Header

from streams.api import problems
from streams.api.answers import etag_of, headers_of, not_modified
from streams.api.problems import ProblemError
from streams.api.reader import Reader, Row, publication, rows
from streams.api.resources import Statement
from streams.api.sdmx_query import (
    AGENCY,
    ATTRIBUTES,
    DIMENSIONS,
    MAX_OBSERVATIONS,
    TIME,
    VERSION,
    DataQuery,
    data_query,
    select,
)
from streams.api.sdmx_structures import catalogue, chosen
from streams.errors import CityBrainError

CSV = Format.DATA_SDMX_CSV_2_0_0
JSON = Format.DATA_SDMX_JSON_2_0_0

STRUCTURES = (Format.STRUCTURE_SDMX_ML_3_0, Format.STRUCTURE_SDMX_JSON_2_0_0)


URN = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow="

_OF_THE_MEASURE = re.compile(r"<str:MeasureRelationship>.*?</str:MeasureRelationship>", re.DOTALL)
"""Says that an attribute goes with the only measure there is: optional, and `sdmx1` reads no structure with it."""


def add(app: FastAPI, reader: Reader) -> None:
    """The two kinds of queries; what isn't served is a problem that says so."""
    known = _Known()
    responses: dict[int | str, dict[str, Any]] = {status: problems.RESPONSES[status] for status in (400, 404, 406, 503)}

    @app.get("/sdmx/structure/{path:path}", summary="SDMX structures", response_class=Response, responses=responses)
    def structure(request: Request, path: str) -> Response:
        parts = [one for one in path.split("/") if one]
        kind, agency, name = (*parts, "*", "*")[:3] if len(parts) < 3 else parts[:3]
        form = _format(request, STRUCTURES)
        with reader.session() as connection:
            found = publication(connection)
            etag = etag_of(found, form.name)
            unchanged = not_modified(request, etag)
            if unchanged:
                return unchanged
            structures = known.of(connection, found.publication_id)
        if kind not in structures or agency not in (AGENCY, "SDMX", "*", "all"):
            why = f"there are {', '.join(structures)} of {AGENCY}"
            remedy = f"/sdmx/structure/dataflow/{AGENCY}"
            raise ProblemError(404, "there are no such structures", why=why, remedy=remedy)
        with_references = request.query_params.get("references", "none") != "none"
        wanted = chosen(structures, kind, name, with_references)
        if not wanted:
            raise ProblemError(
                404,
                f"there is no {kind} of this name",
                why=f"{AGENCY} has {len(structures[kind])} others",
                remedy=f"/sdmx/structure/{kind}/{AGENCY}",
            )
        header = Header(id=f"{AGENCY}-{found.publication_id}", sender=Organisation(id=AGENCY))
        text = _OF_THE_MEASURE.sub("", write_sdmx(wanted, form, header=header, prettyprint=False) or "")
        return Response(text, headers=headers_of(etag) | {"Content-Type": form.value})

    @app.get("/sdmx/data/{path:path}", summary="SDMX data", response_class=Response, responses=responses)
    def data(request: Request, path: str) -> Response:
        try:
            query = data_query(path, request.query_params)
        except CityBrainError as error:
            raise ProblemError(400, error.what, why=error.why, remedy=error.remedy) from error
        form = _format(request, (CSV, JSON))
        with reader.session() as connection:
            found = publication(connection, query.as_of)
            etag = etag_of(found, form.name)
            unchanged = not_modified(request, etag)
            if unchanged:
                return unchanged
            parameters = {**query.parameters, "publication": found.publication_id}
            write = _csv if form == CSV else _json
            text = write(connection, query, parameters)
        return Response(text, headers=headers_of(etag) | {"Content-Type": form.value})


class _Known:
    """The structures of the newest publication; made anew after the next one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[int, dict[str, list[Any]]] | None = None

    def of(self, connection: psycopg.Connection[Any], number: int) -> dict[str, list[Any]]:
        with self._lock:
            if self._of is None or self._of[0] != number:
                self._of = (number, _catalogue(connection, number))
            return self._of[1]


def _catalogue(connection: psycopg.Connection[Any], number: int) -> dict[str, list[Any]]:
    def listed(columns: str, relation: str) -> list[tuple[str, ...]]:
        sql = f"select distinct {columns} from published.{relation} where publication_id = %(number)s order by 1"
        return [tuple(row.values()) for row in rows(connection, Statement(sql, {"number": number}))]

    names = {"CITY": "city_name_zh", "AREA": "area_name_zh", "UNIT": "unit_name_zh"}
    codes = {
        name: listed(f"{DIMENSIONS[name]} as code, {words} as name", "indicator_value") for name, words in names.items()
    }
    flows = listed("indicator_id, name_zh, name_en", "indicator_definition")
    newest = {flow[0]: flow for flow in flows}
    return catalogue(list(newest.values()), codes)  # type: ignore[arg-type]


def _format(request: Request, served: Sequence[Format]) -> Format:
    """The first of the formats asked for that is served; the first served one where anything will do."""
    for one in request.headers.get("accept", "*/*").split(","):
        asked = one.partition(";q=")[0].replace(" ", "").lower()
        for form in served:
            whole, bare = form.value.lower(), form.value.partition(";")[0].lower()
            if asked in (whole, bare, "*/*", "application/*"):
                return form
    why = f"there are {', '.join(form.value for form in served)}"
    raise ProblemError(406, "the format is not served", why=why, remedy="name one of them in Accept")


def _csv(connection: psycopg.Connection[Any], query: DataQuery, parameters: Mapping[str, Any]) -> bytes:
    """SDMX-CSV 2.0, written by PostgreSQL itself."""
    with connection.cursor() as cursor:
        with cursor.copy(f"copy ({select(query)}) to stdout (format csv, header)".encode(), parameters) as copied:
            text = b"".join(bytes(block) for block in copied)
        _require_whole(cursor.rowcount)
    return text


def _require_whole(observations: int) -> None:
    if observations == 0:
        remedy = f"/sdmx/structure/dataflow/{AGENCY} lists the dataflows"
        raise ProblemError(404, "nothing is published of this", why="no figure has this key then", remedy=remedy)
    if observations > MAX_OBSERVATIONS:
        why = f"there are more than {MAX_OBSERVATIONS}"
        raise ProblemError(
            400, "these are too many figures", why=why, remedy="bound the key, or take pages by limit and offset"
        )


def _json(connection: psycopg.Connection[Any], query: DataQuery, parameters: Mapping[str, Any]) -> bytes:
    """SDMX-JSON 2.0: a data set for each publication, observations flat by the places of their codes."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(select(query).encode(), parameters).fetchall()
    _require_whole(len(found))
    return json.dumps(message(query.flow, found), ensure_ascii=False).encode()


def message(flow: str, found: Sequence[Row]) -> dict[str, Any]:
    """The data message of rows as `select` gives them."""
    dimensions = (*DIMENSIONS, TIME)
    coded = [name for name in ATTRIBUTES if name.endswith("_STATUS")]
    free = [name for name in ATTRIBUTES if name not in coded and name not in ("PUBLICATION", "VALID_FROM")]
    places: dict[str, dict[Any, int]] = {name: {} for name in (*dimensions, *coded)}
    sets: dict[int, dict[str, Any]] = {}
    for row in found:
        at = {name: places[name].setdefault(row[name], len(places[name])) for name in places}
        key = ":".join(str(at[name]) for name in dimensions)
        one = sets.setdefault(
            row["PUBLICATION"],
            {"structure": 0, "action": "Information", "validFrom": row["VALID_FROM"], "observations": {}},
        )
        one["observations"][key] = [row["OBS_VALUE"], *(at[name] for name in coded), *(row[name] for name in free)]

    def component(name: str) -> dict[str, Any]:
        member = "value" if name in (TIME, "INDICATOR_VERSION") else "id"
        return {"id": name, "values": [{member: str(value)} for value in places.get(name, ())]}

    return {
        "meta": {"sender": {"id": AGENCY}},
        "data": {
            "structures": [
                {
                    "links": [{"urn": f"{URN}{AGENCY}:{flow}({VERSION})"}],
                    "dimensions": {"observation": [component(name) for name in dimensions]},
                    "measures": {"observation": [{"id": "OBS_VALUE"}]},
                    "attributes": {"observation": [*map(component, coded), *({"id": name} for name in free)]},
                    "dataSets": list(range(len(sets))),
                }
            ],
            "dataSets": list(sets.values()),
        },
    }
