"""What the columns of a file seem to be, by their names and by what stands in them, for the draft of a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

NEARLY = 0.9
"""Share of filled cells, and of different values among them, from which a column can number the rows."""

NUMBERS = (
    *(
        "工单编号",
        "工单号",
        "案件编号",
        "案卷号",
        "任务号",
        "信件编号",
        "诉求编号",
        "事项编号",
        "编号",
        "单号",
        "流水号",
    ),
    *("service_request_id", "case_id", "request_id", "ticket", "sr_number", "unique key", "unique_key", "uniquekey"),
    *("incident_id", "complaint_id", "issue_id", "reference", "number", "feature.id", "objectid"),
)
"""Words in the usual names of a case's number, the surest first; a column may also be called just one of EXACT."""

EXACT = ("id", "_id", "no", "no.", "nr", "key", "ref", "uuid", "guid")

MEASURES = {
    "likes": ("点赞", "赞数", "支持数", "likes", "upvotes", "votes"),
    "views": ("浏览", "阅读", "点击", "views"),
    "comments": ("评论数", "跟帖", "comment_count", "comments_count", "num_comments"),
    "followers": ("关注数", "followers"),
}
SUBJECTS = ("标题", "主题", "subject", "title", "headline")
REPLIES = ("回复内容", "答复内容", "办理结果", "处理结果", "办理情况", "reply", "answer", "response_text")


def case_number(frame: pl.DataFrame, names: Sequence[str]) -> str | None:
    """The column whose name and values number the cases; None where no column does both."""
    called = [name for word in NUMBERS for name in names if word in name.lower()]
    called += [name for word in EXACT for name in names if name.lower() == word]
    return next((name for name in called if _numbers_rows(frame[name])), None)


def no_number(frame: pl.DataFrame, names: Sequence[str]) -> str | None:
    """A question about the column that is called like a number and is none."""
    called = [name for word in NUMBERS for name in names if word in name.lower()]
    if not called:
        return None
    column = frame[called[0]]
    return (
        f"{called[0]} holds {column.drop_nulls().n_unique()} values in {len(column)} rows, so it numbers no cases. "
        "Where each row is an event of a case, map it to the number and write `rows: event`"
    )


def _numbers_rows(column: pl.Series) -> bool:
    filled = column.drop_nulls()
    return len(filled) >= max(1, NEARLY * len(column)) and filled.n_unique() >= NEARLY * len(filled)


def first_filled(frame: pl.DataFrame, names: Sequence[str]) -> tuple[list[str], int]:
    """Of several columns for one time: those that can stand in for each other, and the rows in which any differ."""
    together = frame.select(pl.concat_list(names).list.drop_nulls().list.n_unique()).to_series()
    n_differing = int((together > 1).sum())
    return (list(names) if not n_differing else [names[0]]), n_differing


def measures(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """Name of a count -> the column of whole numbers that holds it."""
    found: dict[str, str] = {}
    for name in names:
        filled = frame[name].drop_nulls()
        if len(filled) and filled.str.contains(r"^[0-9][0-9,]*$").all():
            for measure, words in MEASURES.items():
                if measure not in found and any(word in name.lower() for word in words):
                    found[measure] = name
                    break
    return found


def bounds(longitude: pl.Series, latitude: pl.Series) -> list[float] | None:
    """West, south, east, north of a city, outwards to a tenth of a degree, from points of which a few may be wrong."""
    points = pl.DataFrame({"x": longitude.cast(pl.Float64, strict=False), "y": latitude.cast(pl.Float64, strict=False)})
    real = points.drop_nulls().filter((pl.col("x") != 0) | (pl.col("y") != 0))
    if real.height < POINTS_FOR_BOUNDS:
        return None
    low = real.select(pl.all().quantile(0.02, "nearest")).row(0)
    high = real.select(pl.all().quantile(0.98, "nearest")).row(0)
    west, south = ((value * 10 // 1) / 10 for value in low)
    east, north = ((value * 10 // 1 + 1) / 10 for value in high)
    return [west, south, east, north]


POINTS_FOR_BOUNDS = 50
"""Points from which a file shows where its city lies."""
