"""Which reports are one incident: by evidence, by what sources declare, and never across what must stay apart."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fusion.evidence import KEY
from streams.fusion.incidents import LINKS, aliases, fuse, fuse_again
from streams.fusion.partition import LONGEST_HOURS, WIDEST_METRES
from tests.unit.fusion.worlds import partition_of, report, reports, ties, town

NOTHING = ties()
WORLD = st.tuples(st.integers(0, 10_000), st.integers(2, 60), st.sampled_from((1.0, 10.0)))


def incidents(*rows: dict[str, object], told: pl.DataFrame = NOTHING) -> list[str]:
    """Subjects of each incident, joined."""
    links = fuse(reports(*rows), told)
    found = links.group_by("incident_id").agg(pl.col("subject").sort())
    return sorted("".join(subjects) for subjects in found["subject"].to_list())


def street(n: int) -> list[dict[str, object]]:
    """Other matters of the days before, some 200 m off."""
    return [report(f"x{i}", east=180, north=100, hours=-(i % 90), category_code="0703", text=None) for i in range(n)]


def test_two_that_tell_the_same_at_one_place_are_one_incident() -> None:
    assert incidents(report("a"), report("b", east=30, hours=2)) == ["ab"]


def test_channels_with_codes_of_their_own_tell_of_one_incident() -> None:
    case = {"source": "department.case", "category_scheme": "gbt47678-2026", "category_code": "06013"}
    seen = {"source": "camera.detection", "category_scheme": "camera-detection", "category_code": "road_damage"}
    assert incidents(report("a"), report("b", 20, hours=1, **case), report("c", 25, hours=2, **seen, text=None)) == [
        "abc"
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"east": 240.0, "hours": 20.0},
        {"hours": 90.0, "east": 60.0},
        {"east": 40.0, "hours": 5.0, "text": "加油站旁路面有个大坑"},
        {"east": 40.0, "hours": 5.0, "category_code": "0703", "text": "菜市场门口小学怎么报名"},
        {"city_code": "chicago"},
    ],
    ids=["far", "late", "another landmark", "another kind", "another city"],
)
def test_what_differs_in_one_thing_that_counts_is_another_incident(other: dict[str, object]) -> None:
    assert {"a", "b"} <= set(incidents(report("a"), report("b", **other), *street(30)))


def test_a_city_of_codes_that_nobody_measured_has_no_incident_but_what_its_source_declares() -> None:
    told = [report(name, city_code="chicago", category_scheme="chicago-311", category_code="AAE") for name in "abcd"]
    declared = ties(("hotline.ticket", "c", "hotline.ticket", "d", "parent")).with_columns(city_code=pl.lit("chicago"))
    found = fuse(reports(*told), declared).group_by("incident_id").agg(pl.col("subject").sort().str.join(""))
    assert sorted(found["subject"]) == ["a", "b", "cd"]


def test_a_wrong_code_does_not_hide_what_the_words_say() -> None:
    assert incidents(report("a"), report("b", east=20, hours=1, category_code="0703")) == ["ab"]


def test_a_landmark_that_is_the_matter_itself_tells_no_place() -> None:
    matter = {"category_code": "0704", "hours": 14.0, "east": 60.0}
    same = [report("a", text="学校门口乱收费", category_code="0704"), report("b", text="学校门口乱收费", **matter)]
    other = [report("a", text="学校收资料费", category_code="0704"), report("b", text="学校不开票据", **matter)]
    assert "地点说法一致" in fuse(reports(*same), NOTHING)["reasons_zh"][0]
    assert not any("地点" in one for one in fuse(reports(*other), NOTHING)["reasons_zh"])


def test_a_text_without_words_of_any_street_trouble_speaks_against_one() -> None:
    hole = [report("a"), report("b", east=20, hours=1)]
    silent = report("c", east=10, hours=2, category_code="0603", text="菜市场门口想咨询技能培训报名")
    assert {"ab", "c"} <= set(incidents(*hole, silent, *street(30)))


def test_what_a_camera_sees_all_day_is_less_likely_what_others_tell_of() -> None:
    seen = {
        "source": "camera.detection",
        "category_scheme": "camera-detection",
        "category_code": "road_damage",
        "text": None,
    }
    pair = [report("a"), report("b", east=40, hours=3, **seen), report("since", east=9_000, hours=-1_500)]
    # Other cameras of the town have been at work as long.
    pair.append(report("lens", east=9_000, hours=-1_500, **seen))
    before = [report(f"s{i:03d}", east=40, hours=-24 - i, **seen) for i in range(300)]
    calm, busy = (
        fuse(reports(*rows), NOTHING).filter(subject="b")["score"].item() for rows in (pair, [*pair, *before])
    )
    assert busy is None or busy < calm


def test_what_is_near_in_a_quiet_street_is_chance_where_much_happens() -> None:
    since = report("since", east=9_000, hours=-1_500)
    pair = [report("a", text=None), report("b", east=75, hours=14, text=None), since]
    assert "ab" in incidents(*pair)
    assert {"a", "b"} <= set(incidents(*pair, *street(400)))


def test_a_report_without_a_point_is_alone_unless_a_source_ties_it() -> None:
    nowhere = {"longitude": None, "latitude": None}
    assert incidents(report("a"), report("b", **nowhere)) == ["a", "b"]
    told = ties(("hotline.ticket", "b", "hotline.ticket", "a", "parent"))
    assert incidents(report("a"), report("b", **nowhere), told=told) == ["ab"]


def test_what_sources_declare_is_one_however_far_apart() -> None:
    told = ties(
        ("hotline.ticket", "b", "hotline.ticket", "a", "parent"),
        ("department.case", "c", "hotline.ticket", "b", "related"),
    )
    far = report(
        "c", 5_000, hours=900, source="department.case", category_scheme="gbt47678-2026", category_code="06001"
    )
    assert incidents(report("a"), report("b", 3_000, hours=500), far, told=told) == ["abc"]


def test_repetitions_of_a_parent_that_nobody_knows_are_one() -> None:
    told = ties(*(("hotline.ticket", one, "hotline.ticket", "absent", "parent") for one in "ab"))
    assert incidents(report("a"), report("b", 3_000), told=told) == ["ab"]


def test_what_a_source_declares_as_two_stays_two_on_one_spot() -> None:
    told = ties(
        ("hotline.ticket", "b", "hotline.ticket", "a", "parent"),
        ("hotline.ticket", "d", "hotline.ticket", "c", "parent"),
    )
    rows = [report(one, east=i, hours=i) for i, one in enumerate("abcd")]
    assert incidents(*rows) == ["abcd"]
    assert incidents(*rows, told=told) == ["ab", "cd"]


def test_two_detections_are_two_things() -> None:
    seen = {
        "source": "camera.detection",
        "category_scheme": "camera-detection",
        "category_code": "road_damage",
        "text": None,
    }
    assert incidents(report("a", **seen), report("b", hours=1, **seen)) == ["a", "b"]


def test_a_petition_is_tied_to_nothing_outside_of_its_county() -> None:
    told = ties(("petition.matter", "b", "hotline.ticket", "a", "related"))
    here = report("b", source="petition.matter", longitude=None, latitude=None)
    assert incidents(report("a"), here, told=told) == ["ab"]
    assert incidents(report("a"), here | {"county_code": "530602"}, told=told) == ["a", "b"]


def test_a_chain_of_neighbours_is_cut_before_it_is_too_wide_or_too_long() -> None:
    wide = fuse(reports(*(report(f"{i:02d}", east=35.0 * i, hours=0.01 * i) for i in range(30))), NOTHING)
    sizes = wide.group_by("incident_id").len()["len"]
    assert sizes.max() <= WIDEST_METRES // 35 + 1
    assert sizes.max() > 1
    long = fuse(reports(*(report(f"{i:02d}", hours=8.0 * i) for i in range(90))), NOTHING)
    spans = long.group_by("incident_id").agg((pl.col("told_at_utc").max() - pl.col("told_at_utc").min()).alias("span"))
    assert spans["span"].max().total_seconds() <= LONGEST_HOURS * 3600
    assert long["reports"].max() > 1


@settings(max_examples=25, deadline=None)
@given(WORLD, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(world: tuple[int, int, float], chance: object) -> None:
    told, declared = town(*world)
    order = list(range(told.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert fuse(told, declared).equals(fuse(told[order], declared.reverse()))


@settings(max_examples=40, deadline=None)
@given(WORLD, st.floats(0.02, 0.6), st.booleans())
def test_adding_some_gives_exactly_what_fusing_all_gives(
    world: tuple[int, int, float], share: float, is_latest: bool
) -> None:
    told, declared = town(*world)
    told = told.sort("told_at_utc") if is_latest else told.sample(fraction=1.0, shuffle=True, seed=world[0])
    n = max(1, round(told.height * share))
    before, fresh = told.head(-n), told.tail(n).select(KEY)
    known = declared.join(before, on=KEY, how="semi")
    old = fuse(before, known)
    fresh = pl.concat([fresh, declared.join(known, on=declared.columns, how="anti").select(KEY)]).unique()
    changed, renamed = fuse_again(told, declared, old, fresh)
    kept = old.join(changed, on=KEY, how="anti")
    whole = fuse(told, declared)
    assert pl.concat([kept, changed]).sort(KEY).equals(whole)
    assert renamed.equals(aliases(old, whole))
    lives = set(whole["incident_id"])
    ended = set(old["incident_id"]) - lives
    assert ended <= set(renamed["old_id"]), "an id that ended is resolvable"
    assert set(renamed["new_id"]) <= lives


@settings(max_examples=25, deadline=None)
@given(WORLD)
def test_declared_pairs_are_together_and_every_report_has_one_link(world: tuple[int, int, float]) -> None:
    told, declared = town(*world)
    links = fuse(told, declared)
    assert dict(links.schema) == dict(LINKS)
    assert links.select(KEY).equals(told.select(KEY).sort(KEY))
    at = dict(zip(links["subject"], links["incident_id"], strict=True))
    pairs = declared.filter(pl.col("other_subject") != "absent").select("subject", "other_subject").rows()
    assert all(at[one] == at[other] for one, other in pairs)
    first = links.filter("is_first")
    assert first["incident_id"].n_unique() == first.height == links["incident_id"].n_unique()


def test_an_incident_is_named_by_its_earliest_report_alone() -> None:
    alone = fuse(reports(report("a")), NOTHING)["incident_id"].item()
    assert set(fuse(reports(report("a"), report("b", hours=1)), NOTHING)["incident_id"]) == {alone}
    assert set(fuse(reports(report("a"), report("b", hours=-1)), NOTHING)["incident_id"]) != {alone}


def test_what_becomes_of_an_incident_is_told_by_its_cause() -> None:
    def links(**members: str) -> pl.DataFrame:
        """Subject -> id of its incident."""
        rows = [(*("shuifu", "s", one, of, of), None, False, 1, *(None,) * 3, False, "") for one, of in members.items()]
        return pl.DataFrame(rows, schema=LINKS, orient="row")

    old = links(a="A", b="A", c="C", d="D", e="D")
    assert aliases(old, links(a="A", b="A", c="C", d="D", e="D")).is_empty()
    assert aliases(old, links(a="A", b="A", c="A", d="D", e="E")).drop("city_code").rows() == [
        ("C", "A", "joined"),
        ("D", "E", "split"),
    ]
    assert aliases(old, links(b="B", c="C", d="D", e="D")).drop("city_code").rows() == [("A", "B", "withdrawn")]


def test_each_link_of_an_incident_has_its_reasons_in_words() -> None:
    links = fuse(reports(report("a"), report("b", east=30, hours=2), report("c", east=9_000)), NOTHING)
    assert links["reasons_zh"].to_list() == [
        "距中心15米，最早，事项相符，地点说法一致",
        "距中心15米，晚2.0小时，事项相符，地点说法一致",
        "",
    ]
    assert links["score"][0] > 0
    assert links["score"][2] is None
    assert not any("大坑" in one for one in links["reasons_zh"])


def test_no_report_gives_no_link() -> None:
    assert fuse(reports(), NOTHING).is_empty()
    assert len(partition_of(fuse(*town(1, 40)))) > 1
