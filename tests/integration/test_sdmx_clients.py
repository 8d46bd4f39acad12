"""Statisticians' clients, unmodified, against the running API: every cell of every publication, as it was frozen."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sdmx
import uvicorn
from pysdmx.api.qb.data import DataContext, DataFormat, DataQuery
from pysdmx.api.qb.service import RestService
from pysdmx.api.qb.structure import StructureQuery, StructureType
from pysdmx.api.qb.util import ApiVersion
from pysdmx.io import read_sdmx

from streams.api.app import make_app
from streams.publications.publish import publish
from streams.settings import Settings
from tests.fixtures.servers import free_ports
from tests.fixtures.warehouse import built_and_judged, fetch, good_rows, load_reference, own_warehouse, value

MASKED = {"numerator": None, "denominator": None, "n": None, "value": None, "suppressed": True}

PUBLICATIONS = 3

AGENCY = "CITYBRAIN"

Cell = tuple[str, ...]

Cells = dict[Cell, tuple[Any, ...]]


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Publications a second and more apart, as clients ask to the second; cells change, are masked and mature."""
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_sdmx", lake) as settings:
        load_reference(settings)
        rows = good_rows()
        for number in range(1, PUBLICATIONS + 1):
            rows["indicator_value"][1] |= {"numerator": 60.0 + number, "value": (60.0 + number) / 80}
            reason = "small_cell" if number % 2 else "complementary"
            rows["indicator_value"].append(
                value("R05", unit_code=f"v{number}", **MASKED, suppression_reason=reason, status="provisional")
            )
            rows["indicator_value"].append(
                value("R05", area_level="street", area_code="s1", period_start=date(2026, number, 1), value=1 / 3)
            )
            built_and_judged(settings, f"r{number}", rows, offset=100 + number)
            publish(settings, f"r{number}")
            time.sleep(1.1)
        yield settings


@pytest.fixture(scope="module")
def url(warehouse: Settings) -> Iterator[str]:
    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(make_app(warehouse), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/sdmx"
    server.should_exit = True
    thread.join()


def frozen_cells(settings: Settings, publication_id: int) -> dict[str, Cells]:
    """Indicator -> its cells in that publication, read past the API and put into SDMX's words by hand."""
    found: dict[str, Cells] = {}
    for row in fetch(
        settings,
        "select indicator_id, city_code, variant, period_type, area_level, area_code, unit_code, period_start,"
        " period_end, value, numerator, denominator, n, suppressed, suppression_reason, status"
        f" from published.indicator_value where publication_id = {publication_id}",
    ):
        indicator, city, variant, kind, level, area, unit, start, end, *numbers, hidden, reason, status = row
        cell = (city, variant, kind, level, area, unit or "_T", f"{start}/P{(end - start).days}D")
        secrecy = ("A" if reason == "small_cell" else "D") if hidden else "F"
        state = "Q" if hidden else "P" if status == "provisional" else "A"
        found.setdefault(indicator, {})[cell] = (*numbers, secrecy, state)
    return found


PARTS = ("CITY", "VARIANT", "PERIOD_TYPE", "AREA_LEVEL", "AREA", "UNIT", "TIME_PERIOD")


def number(text: Any) -> float | None:
    return None if text in ("", None) else float(text)


def cell_of(record: dict[str, Any]) -> tuple[Cell, tuple[Any, ...]]:
    numbers = (number(record[name]) for name in ("OBS_VALUE", "NUMERATOR", "DENOMINATOR", "N"))
    return tuple(record[name] for name in PARTS), (*numbers, record["CONF_STATUS"], record["OBS_STATUS"])


def by_publication(records: list[dict[str, Any]]) -> dict[int, Cells]:
    found: dict[int, Cells] = {}
    for record in records:
        cell, told = cell_of(record)
        mine = found.setdefault(int(record["PUBLICATION"]), {})
        assert cell not in mine, "a cell is told once"
        mine[cell] = told
    return found


class Pysdmx:
    """pysdmx as its documentation uses it."""

    def __init__(self, url: str) -> None:
        version = ApiVersion.V2_2_0
        self.service = RestService(url, version, data_format=DataFormat.SDMX_CSV_2_0_0, timeout=30)

    def flows(self) -> set[str]:
        message = read_sdmx(self.service.structure(StructureQuery(StructureType.DATAFLOW, AGENCY)).decode())
        return {flow.id for flow in message.get_dataflows()}

    def records(self, flow: str, *, as_of: datetime | None = None, history: bool = False) -> list[dict[str, Any]]:
        query = DataQuery(DataContext.DATAFLOW, AGENCY, flow, as_of=as_of, include_history=history)
        (found,) = read_sdmx(self.service.data(query).decode()).data
        records: list[dict[str, Any]] = found.data.to_dict("records")
        return records


class Sdmx1:
    """sdmx1: its client for structures and addresses, its reader for SDMX-CSV (which it needs the structure for)."""

    def __init__(self, url: str) -> None:
        sdmx.add_source({"id": AGENCY, "url": url, "name": "City Brain", "versions": ["3.0.0"]}, override=True)
        self.client = sdmx.Client(AGENCY)

    def flows(self) -> set[str]:
        return set(self.client.dataflow().dataflow)

    def records(self, flow: str, *, as_of: datetime | None = None, history: bool = False) -> list[dict[str, Any]]:
        structure = self.client.dataflow(flow, params={"references": "all"}).structure["DSD_INDICATOR"]
        address = self.client.data(flow, key="*", dry_run=True).url
        asked: dict[str, str] = {"includeHistory": str(history).lower()}
        if as_of:
            asked["asOf"] = as_of.isoformat()
        answer = self.client.session.get(address, params=asked)
        answer.raise_for_status()
        message = sdmx.read_sdmx(io.BytesIO(answer.content), format="CSV", structure=structure)
        return [
            {
                **{part.id: part.value for part in one.dimension.values.values()},
                **{name: attribute.value for name, attribute in one.attached_attribute.items()},
                "OBS_VALUE": one.value,
            }
            for data in message.data
            for one in data.obs
        ]


@pytest.fixture(params=[Pysdmx, Sdmx1], ids=["pysdmx", "sdmx1"])
def client(request: pytest.FixtureRequest, url: str) -> Any:
    return request.param(url)


def test_a_client_lists_our_dataflows_one_for_each_indicator(client: Any, warehouse: Settings) -> None:
    flows = {row[0] for row in fetch(warehouse, "select indicator_id from published.current_indicator_definition")}
    assert client.flows() == flows == {"R03", "R05", "G01a", "G01b"}


def test_a_client_reads_every_cell_as_it_was_at_each_publication(client: Any, warehouse: Settings) -> None:
    compared = 0
    for number_, at in fetch(warehouse, "select publication_id, published_at_utc from published.publication"):
        for flow, cells in frozen_cells(warehouse, number_).items():
            found = by_publication(client.records(flow, as_of=at.replace(microsecond=0, tzinfo=UTC)))
            assert found == {number_: cells}
            compared += len(cells)
    print(f"{compared} cells equal as of {PUBLICATIONS} publications")
    assert compared == sum(row[0] for row in fetch(warehouse, "select value_rows from published.publication"))


def test_a_client_reads_every_publication_of_an_indicator_at_once(client: Any, warehouse: Settings) -> None:
    expected = {number_: frozen_cells(warehouse, number_)["R05"] for number_ in range(1, PUBLICATIONS + 1)}
    assert by_publication(client.records("R05", history=True)) == expected
    secrecy = {told[-2] for cells in expected.values() for told in cells.values()}
    assert secrecy == {"F", "A", "D"}, "all three are compared"
    masked = [told for cells in expected.values() for told in cells.values() if told[-2] != "F"]
    assert {told[:4] for told in masked} == {(None,) * 4}


def get(url: str, path: str, **more: Any) -> httpx.Response:
    return httpx.get(f"{url}/{path}", **more)


def test_keys_and_filters_bound_what_is_given(url: str) -> None:
    def cells(path: str, **parameters: str) -> set[Cell]:
        answer = get(url, f"data/dataflow/{AGENCY}/R05/1.0/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return {cell_of(row)[0] for row in csv.DictReader(io.StringIO(answer.text))}

    whole = cells("*")
    streets = {cell for cell in whole if cell[3] == "street"}
    assert len(streets) == PUBLICATIONS
    assert cells("*.*.*.*.*.street.*.*.*.*") == cells(".....street....") == streets
    assert cells("*", **{"c[AREA_LEVEL]": "street"}) == streets
    assert cells("*", **{"c[UNIT]": "u1,u2"}) == {cell for cell in whole if cell[5] in ("u1", "u2")}
    assert cells("*.*.*.*.*.*.*._T.*.*") == {cell for cell in whole if cell[5] == "_T"}
    spring = cells("*", **{"c[TIME_PERIOD]": "ge:2026-02+le:2026-03"})
    assert spring == {cell for cell in whole if "2026-02" <= cell[6][:7] <= "2026-03"} and spring


def test_pages_by_limit_and_offset_make_the_whole(url: str) -> None:
    address = f"data/dataflow/{AGENCY}/R05"
    whole = get(url, address).text.splitlines()[1:]
    pages = [get(url, address, params={"limit": "4", "offset": str(start)}) for start in range(0, len(whole), 4)]
    assert sorted(row for page in pages for row in page.text.splitlines()[1:]) == sorted(whole)
    assert get(url, address, params={"offset": str(len(whole))}).status_code == 404


def test_json_says_the_same_as_csv_with_a_data_set_for_each_publication(url: str, warehouse: Settings) -> None:
    accept = {"Accept": "application/vnd.sdmx.data+json;version=2.0.0"}
    answer = get(url, f"data/dataflow/{AGENCY}/R05", params={"includeHistory": "true"}, headers=accept)
    assert answer.headers["content-type"] == accept["Accept"]
    told = answer.json()["data"]
    (structure,) = told["structures"]
    dimensions = structure["dimensions"]["observation"]
    attributes = [one["id"] for one in structure["attributes"]["observation"]]
    coded = {one["id"]: one["values"] for one in structure["attributes"]["observation"] if "values" in one}
    assert len(told["dataSets"]) == PUBLICATIONS
    for number_, one in enumerate(told["dataSets"], start=1):
        found: Cells = {}
        for key, (value_, *rest) in one["observations"].items():
            places = dict(zip((part["id"] for part in dimensions), map(int, key.split(":")), strict=True))
            record: dict[str, Any] = {
                part["id"]: next(iter(part["values"][places[part["id"]]].values())) for part in dimensions
            }
            record |= dict(zip(attributes, rest, strict=True)) | {"OBS_VALUE": value_}
            record |= {name: values[record[name]]["id"] for name, values in coded.items()}
            cell, numbers = cell_of(record)
            found[cell] = numbers
        assert found == frozen_cells(warehouse, number_)["R05"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"data/dataflow/{AGENCY}/R05/1.0/a.b", 400),
        (f"data/dataflow/{AGENCY}/R05?asOf=yesterday", 400),
        (f"data/dataflow/{AGENCY}/R05?updatedAfter=2026-01-01", 400),
        (f"data/dataflow/{AGENCY}/R05?includeHistory=perhaps", 400),
        (f"data/dataflow/{AGENCY}/R05?c[NOTHING]=1", 400),
        (f"data/dataflow/{AGENCY}/R05?c[TIME_PERIOD]=ge:soon", 400),
        (f"data/dataflow/{AGENCY}/R05?limit=many", 400),
        (f"data/dataflow/{AGENCY}/R05?asOf=2020-01-01", 404),
        (f"data/dataflow/{AGENCY}/NONE", 404),
        ("data/dataflow/OTHER/R05", 400),
        (f"structure/dataflow/{AGENCY}/NONE", 404),
        ("structure/hierarchy", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem(url: str, path: str, status: int) -> None:
    answer = get(url, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["remedy"]


def test_an_unserved_format_is_refused_and_an_unchanged_answer_is_not_sent_again(url: str) -> None:
    address = f"data/dataflow/{AGENCY}/R03"
    assert get(url, address, headers={"Accept": "application/vnd.sdmx.data+xml;version=3.0.0"}).status_code == 406
    first = get(url, address)
    again = get(url, address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_day_is_known_at_its_end(url: str, warehouse: Settings) -> None:
    ((last,),) = fetch(warehouse, "select max(published_at_utc) from published.publication")
    (row,) = get(url, f"data/dataflow/{AGENCY}/R03", params={"asOf": f"{last.date()}"}).text.splitlines()[1:]
    assert f",{PUBLICATIONS}," in row
    before = last.date() - timedelta(days=2)
    assert get(url, f"data/dataflow/{AGENCY}/R03", params={"asOf": f"{before}"}).status_code == 404
