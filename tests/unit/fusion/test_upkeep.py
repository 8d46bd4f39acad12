"""Kept links follow what landed, whatever came, changed or went: they are always what fusing all anew gives."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.fusion.evidence import KEY
from streams.fusion.incidents import LINKS, fuse
from streams.fusion.upkeep import KEPT, Change, brought_up, marked
from tests.unit.fusion.worlds import report, reports, ties, town

WORLD = st.tuples(st.integers(0, 10_000), st.integers(10, 60), st.just(10.0))
NOTHING = ties()


def applied(kept: pl.DataFrame, change: Change) -> pl.DataFrame:
    """The kept links after the change, as the warehouse has them."""
    stays = kept.join(change.changed, on=KEY, how="anti").join(change.gone, on=KEY, how="anti")
    return pl.concat([stays, change.changed]).sort(KEY)


def kept_of(told: pl.DataFrame, declared: pl.DataFrame) -> pl.DataFrame:
    return applied(KEPT.to_frame(), brought_up(told, declared, KEPT.to_frame()))


@settings(max_examples=30, deadline=None)
@given(WORLD, st.sampled_from(("new", "moved", "said otherwise", "gone", "untied", "tied to another")))
def test_whatever_happens_to_some_reports_links_are_those_of_all(world: tuple[int, int, float], what: str) -> None:
    told, declared = town(*world)
    told = told.sort("told_at_utc")
    few = pl.int_range(pl.len()) % 7 == 3
    before, known = told, declared
    if what == "new":
        before = told.head(-5)
        known = declared.join(before, on=KEY, how="semi")
    elif what == "moved":
        told = told.with_columns(told_at_utc=pl.when(few).then(pl.col("told_at_utc") - timedelta(hours=30))
                                 .otherwise("told_at_utc"))  # fmt: skip
    elif what == "said otherwise":
        told = told.with_columns(text=pl.when(few).then(pl.lit("路灯不亮")).otherwise("text"))
    elif what == "gone":
        told = told.filter(~few)
        declared = declared.join(told, on=KEY, how="semi")
    elif what == "untied":
        declared = declared.clear()
    else:
        declared = declared.with_columns(other_subject=pl.lit("absent"))
    kept = kept_of(before, known)
    change = brought_up(told, declared, kept)
    assert applied(kept, change).select(LINKS.names()).equals(fuse(told, declared))
    assert brought_up(told, declared, applied(kept, change)).changed.is_empty(), "done again it changes nothing"


def test_what_is_new_is_weighed_alone_and_what_went_or_changed_makes_the_city_anew() -> None:
    told = reports(report("a"), report("b", 30, hours=1), report("z", 9_000))
    kept = kept_of(told, NOTHING)
    more = pl.concat([told, reports(report("c", 20, hours=2))])
    change = brought_up(more, NOTHING, kept)
    assert (change.whole, change.fresh, sorted(change.changed["subject"])) == ((), 1, ["a", "b", "c"])
    assert brought_up(told.head(2), NOTHING, kept).whole == ("shuifu",)
    assert brought_up(told.head(2), NOTHING, kept).gone["subject"].to_list() == ["z"]
    other = told.with_columns(longitude=pl.col("longitude") + 0.01)
    assert brought_up(other, NOTHING, kept).whole == ("shuifu",)
    assert brought_up(told, NOTHING, kept, whole=True).changed.is_empty()


def test_a_name_that_ends_is_told_where_it_went() -> None:
    kept = kept_of(reports(report("a"), report("b", 30, hours=1)), NOTHING)
    change = brought_up(reports(report("a"), report("b", 30, hours=1), report("c", 15, hours=-1)), NOTHING, kept)
    assert change.renamed.select("old_id", "cause").rows() == [(kept["incident_id"][0], "joined")]
    assert set(change.changed["incident_id"]) == set(change.renamed["new_id"])


@pytest.mark.parametrize("column", ["told_at_utc", "longitude", "latitude", "category_code", "text", "county_code"])
def test_a_mark_tells_of_each_column_and_holds_no_word(column: str) -> None:
    told = reports(report("a"))
    blank = told.with_columns(pl.lit(None).cast(told[column].dtype).alias(column))
    mark = marked(told, NOTHING)["report_mark"].item()
    assert marked(blank, NOTHING)["report_mark"].item() != mark
    assert len(mark) == 16
    assert not set(mark) - set("0123456789abcdef")


def test_a_mark_tells_of_what_a_source_declares() -> None:
    told, tied = reports(report("a")), ties(("hotline.ticket", "a", "hotline.ticket", "b", "parent"))
    found = [marked(told, one)["tie_mark"].item() for one in (NOTHING, tied, tied.with_columns(tie=pl.lit("related")))]
    assert found[0] is None
    assert len(set(found)) == 3
