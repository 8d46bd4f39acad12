"""What our data are, in SDMX's words: dataflows, their structure, code lists, concepts, the agency. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pysdmx.model import (
    Agency,
    AgencyScheme,
    Code,
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    Dataflow,
    DataStructureDefinition,
    DataType,
    ItemReference,
    Role,
)

from streams.api.sdmx_query import AGENCY, ATTRIBUTES, DIMENSIONS, TIME, TOTAL, VERSION
from streams.contracts.published import published_table

CONCEPTS = "CS_CITYBRAIN"

STRUCTURE = "DSD_INDICATOR"

TYPES = {
    TIME: DataType.PERIOD,
    "INDICATOR_VERSION": DataType.INTEGER,
    "OBS_VALUE": DataType.DOUBLE,
    "NUMERATOR": DataType.DOUBLE,
    "DENOMINATOR": DataType.DOUBLE,
    "N": DataType.INTEGER,
    "PUBLICATION": DataType.INTEGER,
    "VALID_FROM": DataType.DATE_TIME,
}

OWN_WORDS = {
    TIME: "周期：起日与天数。First local day of the period and its length in days.",
    "OBS_STATUS": "状态。Whether the figure is final, provisional, missing or masked.",
    "CONF_STATUS": "保密状态。Whether the figure is free, or why it is masked.",
    "PUBLICATION": "发布编号。Publication that holds the figure.",
    "VALID_FROM": "发布时间。When that publication came out (UTC).",
    "OBS_VALUE": "指标值。Value of the indicator.",
}

CLOSED: dict[str, dict[str, str]] = {
    "OBS_STATUS": {"A": "Normal", "P": "Provisional", "M": "Missing: not applicable", "Q": "Missing: suppressed"},
    "CONF_STATUS": {
        "F": "Free",
        "A": "Primary confidentiality due to small counts",
        "D": "Secondary confidentiality set by the sender",
    },
    "VARIANT": {"raw": "原始 Raw", "adjusted": "剔除后 Adjusted"},
    "PERIOD_TYPE": {
        "day": "日 Day",
        "week": "周 Week",
        "month": "月 Month",
        "appraisal_month": "考核月 Appraisal month",
        "quarter": "季 Quarter",
        "half_year": "半年 Half year",
        "year": "年 Year",
        "to_date": "年初至月末 Year to date",
    },
    "AREA_LEVEL": {
        "city": "市 City",
        "county": "区县 County",
        "street": "街镇 Town",
        "community": "社区 Community",
        "grid": "网格 Grid",
    },
}
"""Component -> its codes with their names, where the list never changes."""

Codes = Mapping[str, Sequence[tuple[str, str]]]
"""Dimension -> (code, name) of each value that the newest publication has; see `catalogue`."""


def catalogue(flows: Sequence[tuple[str, str, str]], codes: Codes) -> dict[str, list[Any]]:
    """Kind of structure -> all of that kind. `flows`: (indicator, Chinese name, English name), one dataflow each."""
    lists = {name: list(found.items()) for name, found in CLOSED.items()}
    lists |= {name: _with_total(name, found) for name, found in codes.items()}
    lists["INDICATOR"] = [(flow, f"{chinese} {english}") for flow, chinese, english in flows]
    structure = DataStructureDefinition(
        id=STRUCTURE,
        name="指标值 Indicator values",
        agency=AGENCY,
        version=VERSION,
        components=Components([_component(name, role, lists) for name, role in _roles()]),
    )
    return {
        "agencyscheme": [
            AgencyScheme(id="AGENCIES", name="Agencies", agency="SDMX", version=VERSION, items=[_agency()])
        ],
        "dataflow": [
            Dataflow(
                id=flow,
                name=f"{chinese} {english}",
                agency=AGENCY,
                version=VERSION,
                structure=f"urn:sdmx:org.sdmx.infomodel.datastructure.{structure.short_urn}",
            )
            for flow, chinese, english in flows
        ],
        "datastructure": [structure],
        "conceptscheme": [
            ConceptScheme(
                id=CONCEPTS,
                name="Concepts of the City Brain",
                agency=AGENCY,
                version=VERSION,
                items=[Concept(id=name, name=_words(name), dtype=_type(name)) for name, _ in _roles()],
            )
        ],
        "codelist": [
            Codelist(
                id=f"CL_{name}",
                name=_words(name),
                agency=AGENCY,
                version=VERSION,
                items=[Code(id=code, name=words) for code, words in found],
            )
            for name, found in lists.items()
        ],
    }


def chosen(found: Mapping[str, list[Any]], kind: str, name: str, with_references: bool) -> list[Any]:
    """The structures of a kind by id (`*` is all), and with references all that our structures refer to."""
    mine = [one for one in found[kind] if name in ("*", "all", one.id)]
    others = ("datastructure", "conceptscheme", "codelist")
    more = [one for other in others if other != kind for one in found[other]] if with_references else []
    return [*mine, *more] if mine else []


def is_id(code: str) -> bool:
    """Whether SDMX takes the text for an id."""
    return re.fullmatch(r"[A-Za-z0-9_@$-]+", code) is not None


def _roles() -> list[tuple[str, Role]]:
    return [
        *((name, Role.DIMENSION) for name in (*DIMENSIONS, TIME)),
        ("OBS_VALUE", Role.MEASURE),
        *((name, Role.ATTRIBUTE) for name in ATTRIBUTES),
    ]


def _component(name: str, role: Role, lists: Mapping[str, Any]) -> Component:
    is_attribute = role == Role.ATTRIBUTE
    return Component(
        id=name,
        required=role == Role.DIMENSION or name in ("OBS_STATUS", "CONF_STATUS"),
        role=role,
        concept=ItemReference("Concept", AGENCY, CONCEPTS, VERSION, name),
        local_dtype=None if name in lists else _type(name),
        attachment_level="O" if is_attribute else None,
        local_enum_ref=f"urn:sdmx:org.sdmx.infomodel.codelist.Codelist={AGENCY}:CL_{name}({VERSION})"
        if name in lists
        else None,
    )


def _words(name: str) -> str:
    if name in OWN_WORDS:
        return OWN_WORDS[name]
    known = {column.name: column.description for column in published_table("indicator_value").columns}
    return known[DIMENSIONS.get(name, name.lower())]


def _type(name: str) -> DataType:
    return TYPES.get(name, DataType.STRING)


def _with_total(name: str, found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    known = {code: words for code, words in found if is_id(code)}
    return [*([(TOTAL, "全部 Total")] if name == "UNIT" else []), *known.items()]


def _agency() -> Agency:
    return Agency(id=AGENCY, name="城市大脑 City Brain")
