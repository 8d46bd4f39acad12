"""Judgement rules of `ranking`: fair or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contracts.published import project_vars
from streams.quality.rules import Facts, none_of

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

MIN_PEERS: int = project_vars()["min_peers"]
"""Members a peer group needs before anybody in it is ranked."""


def suite(facts: Facts) -> list[Expectation]:
    """Groups are large enough, places are possible, and what is ranked is what is published."""
    return [
        none_of(
            "peer_groups_are_large_enough",
            "同类组不足五个不得排名",
            f"{MIN_PEERS} members at least, all in the table",
            "select city_code, source from (select city_code, source, members, count(*) over (partition by city_code,"
            " indicator_id, indicator_version, variant, period_type, period_start, peer_group) as present from {batch})"
            f" as g where members < {MIN_PEERS} or members <> present",
        ),
        none_of(
            "places_are_possible",
            "名次须在1到组员数之间，值同名次同",
            "1 <= rank <= members, equal values share a rank",
            "select city_code, source from (select city_code, source, rank, members, min(rank) over g as first,"
            " max(rank) over g as last from {batch} window g as (partition by city_code, indicator_id,"
            " indicator_version, variant, period_type, period_start, peer_group, value)) as r"
            " where rank < 1 or rank > members or first <> last",
        ),
        none_of(
            "ranked_values_are_published",
            "排名所用的值须与指标值一致",
            "the member's cell in indicator_value has this value",
            f"select r.city_code, r.source from {{batch}} as r left join {facts.schema}.indicator_value as v"
            " on v.city_code = r.city_code and v.indicator_id = r.indicator_id"
            " and v.indicator_version = r.indicator_version and v.variant = r.variant"
            " and v.period_type = r.period_type and v.period_start = r.period_start and v.breakdown_type = ''"
            " and case r.member_type when 'unit' then v.unit_code = r.member_code and v.area_level = 'city'"
            " else v.area_code = r.member_code and v.unit_code = '' end"
            " where v.value is distinct from r.value",
        ),
    ]
