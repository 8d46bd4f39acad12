"""From events to reports and ties: what each case or detection tells at first, and what its source declares."""

from __future__ import annotations

import polars as pl

from streams.fusion.evidence import KEY, PETITIONS, REPORTS, TIES

OPENING = {
    "hotline.ticket": ("accepted",),
    "camera.detection": ("detected",),
    "department.case": ("reported",),
    "grid.report": ("reported", "hazard_found"),
    PETITIONS: ("registered",),
}
"""Sources that tell of incidents -> stages with which a case begins."""

WANTED = (
    "city_code", "event_source", "case_id", "detection_id", "stage", "event_at_utc", "longitude", "latitude",
    "category_scheme", "category_code", "detection_type", "text", "area_code", "is_information_only", "parent_case_id",
    "related_case_id",
)  # fmt: skip
"""Columns of silver that are read, where the source has them."""

DETECTIONS = "camera-detection"
"""Category scheme of the types of detection."""


def gathered(events: dict[str, pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports and ties of all sources together (source -> its events); sources that tell of no incident are passed
    over."""
    found = [reports_of(source, frame) for source, frame in events.items() if source in OPENING]
    reports = pl.concat([REPORTS.to_frame(), *(one for one, _ in found)]).sort(KEY)
    return reports, resolved(reports, pl.concat([TIES.to_frame(), *(one for _, one in found)]))


def reports_of(source: str, events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports (REPORTS) and ties (TIES) of a source's events (columns of silver); the order of events is of no account.

    A case is named as in the marts, by its system and number. Who only asks for information tells of no incident, and
    is left out. Of several openings of one case the first counts, of several declared parents the last.
    """
    has = set(events.columns)
    subject = pl.col("detection_id") if "detection_id" in has else _key("case_id")
    missing = [name for name in WANTED if name not in has]
    said = events.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing).with_columns(
        source=pl.lit(source), subject=subject
    )
    if "detection_type" in has:
        said = said.with_columns(category_scheme=pl.lit(DETECTIONS), category_code=pl.col("detection_type"))
    opened = said.filter(pl.col("stage").is_in(OPENING[source]))
    if "is_information_only" in has:
        opened = opened.filter(~pl.col("is_information_only").fill_null(False))
    reports = (
        opened.with_columns(told_at_utc=pl.col("event_at_utc"), county_code=pl.col("area_code").str.head(6))
        .cast({name: REPORTS[name] for name in ("longitude", "latitude", "told_at_utc")})
        .select(REPORTS.names())
        .sort("told_at_utc", *(name for name in REPORTS.names() if name != "told_at_utc"), nulls_last=True)
        .unique(KEY, keep="first", maintain_order=True)
    )
    declared = [
        said.filter(pl.col(f"{kind}_case_id").is_not_null())
        .sort("event_at_utc", f"{kind}_case_id")
        .unique(KEY, keep="last", maintain_order=True)
        .select(*KEY, pl.lit(source).alias("other_source"), other.alias("other_subject"), pl.lit(kind).alias("tie"))
        for kind, other in (("parent", _key("parent_case_id")), ("related", pl.col("related_case_id")))
    ]
    return reports, pl.concat(declared).cast(dict(TIES))  # type: ignore[arg-type]


def _key(column: str) -> pl.Expr:
    return pl.concat_str("event_source", column, separator="/")


def number() -> pl.Expr:
    """A report's number in its own system, as `number`: of a case what follows /<city>/<system>/ in its key."""
    return pl.col("subject").str.replace(r"^/[^/]+/[^/]+/", "").alias("number")


def resolved(reports: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """Ties with source and key of what they are related to, which only the reports of all sources tell.

    A number that several systems use, or none, relates to nothing.
    """
    owners = (
        reports.group_by("city_code", number().alias("other_subject"))
        .agg(pl.len().alias("n"), pl.col("source").first().alias("owner"), pl.col("subject").first().alias("key"))
        .filter(pl.col("n") == 1)
    )
    related = ties.filter(pl.col("tie") == "related").join(
        owners, on=["city_code", "other_subject"], how="inner", maintain_order="left"
    )
    named = related.with_columns(other_source="owner", other_subject="key").select(TIES.names())
    return pl.concat([ties.filter(pl.col("tie") == "parent"), named])
