"""Expected values of the catalogue's indicators beyond the hotline's first ones, from the simulator's truth alone.

As in `tests.oracle`: no SQL and nothing of the pipeline but the clocks' own arithmetic, which is held against an oracle
that counts minutes. Only what a cell is (its levels, units and periods) is read from the catalogue, never a formula.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from streams.clocks import calendars
from streams.clocks.clock import due
from streams.reference import registry
from tests import oracle
from tests.oracle import LOCAL, SATISFIED, SEEDS

CELL = ["indicator_id", "variant", "period_type", "period_start", "area_level", "area_code", "unit_code"]

LEVELS = {"city": "city", "street": "true_street_code", "community": "true_community_code", "grid": "true_grid_code"}

PLACES = ("true_street_code", "true_community_code", "true_grid_code")

NOTICED = ("hotline.ticket", "department.case", "department.service", "grid.report")
"""Sources whose supervision notices are counted: a petition's or a dispute's is never told by place."""

TELLING = ("hotline.ticket", "department.case", "grid.report", "petition.matter")
"""Sources whose cases tell of incidents, beside cameras."""

TOLD = ["source", "number", "incident", "told_at_utc", "unit_code", "exclusion_code", *PLACES]
"""What counts of a report."""

Frame = pd.DataFrame


@dataclass
class Figures:
    """Rows of what is expected, as they are counted."""

    city: str
    catalogue: dict[str, dict[str, str]]
    asked: set[str] = field(default_factory=set)
    """Indicators that were counted, be it to nothing."""
    found: list[Frame] = field(default_factory=list)

    def share(
        self, indicator: str, rows: Frame, day: pd.Series, hits: pd.Series, weight: pd.Series | None = None
    ) -> None:
        """`hits`: what a row adds to the numerator; `weight`: what to the denominator, 1 where it is not given."""
        scale = float(self.catalogue[indicator]["scale"])
        told = rows.assign(over=hits.astype(float), under=1.0 if weight is None else weight.astype(float))
        for cells in self._cuts(indicator, told, day):
            sums = cells.agg(numerator=("over", "sum"), denominator=("under", "sum"), n=("over", "size"))
            self._add(indicator, sums.assign(value=sums.numerator / sums.denominator * scale))

    def count(self, indicator: str, rows: Frame, day: pd.Series) -> None:
        for cells in self._cuts(indicator, rows, day):
            n = cells.size()
            self._add(indicator, pd.DataFrame({"numerator": n, "denominator": float("nan"), "n": n, "value": n}))

    def quantile(
        self, indicator: str, rows: Frame, day: pd.Series, measured: pd.Series, at: float, unit: float
    ) -> None:
        """The smallest value that a share of `at` lies at or under; `unit`: the measure of one of the figure's unit."""
        for cells in self._cuts(indicator, rows.assign(measured=measured), day):
            value = cells.measured.agg(lambda of: of.sort_values().iloc[math.ceil(at * len(of)) - 1] / unit)
            n = cells.size()
            self._add(indicator, pd.DataFrame({"numerator": float("nan"), "denominator": n, "n": n, "value": value}))

    def _cuts(self, indicator: str, rows: Frame, day: pd.Series) -> Iterator[Any]:
        """The rows grouped by what is left of CELL, once per kind of period, level, and with units or without."""
        row = self.catalogue[indicator]
        self.asked.add(indicator)
        names = list(LEVELS)
        levels = names[: names.index(row["finest_area_level"]) + 1]
        for kind in row["period_types"].split():
            placed = rows.assign(
                city=self.city, period_start=oracle.period_start(day, kind), period_type=kind, all_units=""
            )
            for level in levels:
                for unit in ("all_units", "unit_code"):
                    if unit == "unit_code" and (row["by_unit"] != "true" or level not in ("city", "street")):
                        continue
                    cut = placed.assign(area_level=level, area_code=placed[LEVELS[level]], unit_code=placed[unit])
                    yield cut.groupby(CELL[1:])

    def _add(self, indicator: str, cells: Frame) -> None:
        self.found.append(cells.reset_index().assign(indicator_id=indicator))


def expected_figures(truth: Path, links: Frame, city_area_code: str = "530681") -> Frame:
    """One row per CELL with numerator, denominator, n (contributing rows) and value; nothing suppressed or empty.

    `links`: source, subject and incident_id of the reports that fusion has weighed; how good they are is measured
    elsewhere. `attrs["asked"]`: all indicators that were counted, also those that nothing happened of.
    """
    with (SEEDS / "indicator_catalogue.csv").open(encoding="utf-8", newline="") as file:
        figures = Figures(city_area_code, {row["indicator_id"]: row for row in csv.DictReader(file)})
    as_of = pd.Timestamp(json.loads((truth / "truth.json").read_text())["as_of_utc"])
    for tell in (_calls, _tickets, _city_management, _grid, _services, _petitions, _disputes, _notices, _sensing):
        tell(figures, truth, as_of)
    _incidents(figures, truth, links)
    table = pd.concat([cells for cells in figures.found if len(cells)], ignore_index=True)
    table.attrs["asked"] = figures.asked
    return table


def _calls(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    events = _events(truth, "hotline.call")
    calls = _both(events.groupby("call_id", as_index=False).last().assign(unit_code=None, exclusion_code=None))
    day = calls.offered_at.fillna(calls.event_at_utc)
    answered, spoken = calls.stage == "answered", calls.channel != "text_chat"
    offered = calls[spoken & (answered | ~(calls.wait_seconds < 5))]
    taken = calls[spoken & answered]
    timed = taken[taken.wait_seconds.notna()]
    written = calls[~spoken]
    figures.share("H01", offered, day, offered.stage == "answered")
    figures.share("H02", timed, day, timed.wait_seconds <= 15)
    figures.share("H03", written, day, (written.stage == "answered") & (written.wait_seconds <= 180))
    figures.share("H04a", timed, day, timed.wait_seconds)
    figures.quantile("H04b", timed, day, timed.wait_seconds, 0.5, 1)
    figures.quantile("H04c", timed, day, timed.wait_seconds, 0.9, 1)
    talked = taken[taken.talk_seconds.notna()]
    figures.share("H05", talked, day, talked.talk_seconds)
    figures.share("H06", offered, day, offered.stage == "abandoned")
    every = calls[answered]
    settled = every.is_settled_at_desk.eq(True) & ~every.is_ticket_created.eq(True)
    figures.share("H07", every, day, settled)
    figures.count("H10", calls, day)


def _tickets(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _both(_clocked(truth, "hotline.ticket", as_of))
    counted = cases[~cases.is_voided & ~cases.is_information_only]
    received = counted[~counted.is_duplicate]
    closed = received[received.closed_at_utc.notna()]
    with_limit = closed[closed.is_on_time.notna()]
    figures.share("T03b", with_limit, with_limit.closed_at_utc, _in_time(with_limit))
    fallen = received[received.due_at_utc <= as_of]
    figures.share("T03c", fallen, fallen.due_at_utc, _in_time(fallen))
    week = timedelta(days=7)
    older = received[received.received_at_utc <= as_of - week]
    figures.share("T05", older, older.received_at_utc, older.closed_at_utc <= older.received_at_utc + week)
    sent = closed[closed.first_dispatched_at_utc.notna()]
    figures.share("T08", sent, sent.closed_at_utc, sent.returned_count == 0)
    once = received[received.first_closed_at_utc.notna()]
    figures.share("T09", once, once.received_at_utc, once.reopened_count > 0)
    figures.share("T10", counted, counted.received_at_utc, counted.is_duplicate)


def _city_management(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _both(_clocked(truth, "department.case", as_of))
    reported = cases[~cases.is_voided]
    figures.share("D01", reported, reported.received_at_utc, reported.first_admitted_at_utc.notna())
    registered = reported[reported.first_admitted_at_utc.notna()]
    figures.share("D07", registered, registered.received_at_utc, registered.reopened > 0)
    due = registered[~registered.is_duplicate & registered.is_due]
    figures.share("D05", due, due.received_at_utc, due.closed_at_utc.notna())
    figures.share("D06", due, due.received_at_utc, _in_time(due))


def _grid(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    events = _events(truth, "grid.report")
    cases = _clocked(truth, "grid.report", as_of)
    reports = _both(cases[~cases.is_voided & (cases.report_kind != "inspection")])
    own = reports.case_id.isin(events.case_id[events.stage == "self_handled"])
    figures.share("G03", reports, reports.received_at_utc, own)
    figures.share("G04", reports, reports.received_at_utc, ~own & reports.first_dispatched_at_utc.notna())
    hazards = reports[reports.report_kind == "hazard"]
    rectified = hazards.case_id.isin(events.case_id[events.stage == "hazard_rectified"])
    figures.share("G08a", hazards, hazards.received_at_utc, rectified)
    due = hazards[~hazards.is_duplicate & hazards.is_due]
    figures.share("G08b", due, due.received_at_utc, _in_time(due))
    planned = events[events.stage.isin({"inspection_done", "inspection_missed"})].sort_values("event_at_utc")
    done = planned[planned.stage == "inspection_done"].groupby("case_id").event_at_utc.min()
    plan = planned.groupby("case_id", as_index=False)[["due_at", "unit_code", *PLACES]].last()
    plan = plan.assign(exclusion_code=None, done_at=plan.case_id.map(done))
    plan = _both(plan[plan.due_at <= as_of])
    figures.share("G07", plan, plan.due_at, plan.done_at <= plan.due_at)
    whistles = _both(_whistles(events, cases))
    ended = whistles[whistles.due_at <= as_of]
    figures.share("G05", ended, ended.event_at_utc, ended.checked_in_at <= ended.due_at)


def _whistles(events: Frame, cases: Frame) -> Frame:
    """One row per whistle of a case that is not voided: the first check-in before the next whistle answers it."""
    told = events[events.stage.isin({"whistle_blown", "checked_in"})].sort_values("event_at_utc", kind="stable")
    told = told.assign(number=told.stage.eq("whistle_blown").groupby(told.case_id).cumsum())
    came = told[told.stage == "checked_in"].groupby(["case_id", "number"]).event_at_utc.min().rename("checked_in_at")
    blown = told[told.stage == "whistle_blown"].join(came, on=["case_id", "number"])
    place = cases.set_index("case_id")[[*PLACES, "exclusion_code", "is_voided"]]
    blown = blown.drop(columns=[*PLACES, "exclusion_code"]).join(place, on="case_id")
    return blown[~blown.is_voided]


def _services(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _both(_clocked(truth, "department.service", as_of))
    counted = cases[~cases.is_voided]
    due = counted[~counted.is_duplicate & counted.is_integrated.eq(True) & counted.is_due]
    figures.share("S05", due, due.received_at_utc, _in_time(due))
    closed = counted[counted.closed_at_utc.notna()]
    for indicator, column, is_hit in (
        ("S02b", "is_online_throughout", lambda told: told.eq(True)),
        ("S03", "visits", lambda told: told <= 1),
    ):
        told = closed[closed[column].notna()]
        figures.share(indicator, told, told.closed_at_utc, is_hit(told[column]))
    rated = closed[closed.rating.notna()]
    figures.share("S06", closed, closed.closed_at_utc, closed.rating.notna())
    figures.share("S07a", rated, rated.closed_at_utc, rated.rating.isin({"very_good", "good", "fair"}))
    figures.share("S07b", rated, rated.closed_at_utc, rated.rating.isin({"very_good", "good"}))


def _petitions(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _both(_clocked(truth, "petition.matter", as_of))
    counted = cases[~cases.is_voided]
    figures.share("P07a", counted, counted.received_at_utc, counted.is_duplicate)
    figures.share("P11", counted, counted.received_at_utc, counted.channel == "online")
    received = counted[~counted.is_duplicate]
    due = received[received.is_due]
    figures.share("P03b", due, due.received_at_utc, _in_time(due))
    closed = received[received.closed_at_utc.notna()]
    rated = closed[closed.satisfaction.notna()]
    figures.share("P08", closed, closed.received_at_utc, closed.satisfaction.notna())
    figures.share("P09a", rated, rated.received_at_utc, rated.satisfaction.isin(SATISFIED))


def _disputes(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _clocked(truth, "department.dispute", as_of)
    events = _events(truth, "department.dispute").sort_values("event_at_utc", kind="stable")
    outcome = events[events.stage.isin({"agreed", "failed"})].groupby("case_id").last()
    cases = cases.join(events.groupby("case_id").mediation_level.last(), on="case_id")
    cases = cases.join(outcome[["stage", "event_at_utc"]].set_axis(["outcome", "agreed_at"], axis=1), on="case_id")
    cases = _both(cases[~cases.is_voided & ~cases.is_duplicate])
    ripe = cases[cases.first_admitted_at_utc <= as_of - timedelta(days=30)]
    figures.share("M01", ripe, ripe.received_at_utc, ripe.outcome == "agreed")
    settled = cases[cases.outcome == "agreed"]
    for indicator, levels in (("M03", {"grid", "community"}), ("M04a", {"street"}), ("M04b", {"city"})):
        figures.share(indicator, settled, settled.received_at_utc, settled.mediation_level.isin(levels))
    took = (settled.agreed_at - settled.first_admitted_at_utc).dt.total_seconds() / 60
    timed = settled[took >= 0]
    figures.quantile("M06", timed, timed.received_at_utc, took[took >= 0], 0.5, 1440)


def _notices(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    found = []
    for source in NOTICED:
        cases = _clocked(truth, source, as_of)
        issued = (
            _events(truth, source).query("stage == 'supervision_issued'").sort_values("event_at_utc", kind="stable")
        )
        by_case = issued.groupby("case_id")
        issued = issued.assign(number=by_case.cumcount() + 1, notices=by_case.stage.transform("size"))
        place = cases.set_index("case_id")[[*PLACES, "exclusion_code", "is_voided", "closed_at_utc"]]
        found.append(issued.drop(columns=[*PLACES, "exclusion_code"], errors="ignore").join(place, on="case_id"))
    notices = pd.concat(found, ignore_index=True)
    notices = _both(notices[~notices.is_voided])
    for indicator, colour in (("X03a", "white"), ("X03b", "yellow"), ("X03c", "red")):
        of = notices[notices.notice_colour == colour]
        figures.count(indicator, of, of.event_at_utc)
    first = notices[notices.number == 1]
    figures.share("X06", first, first.event_at_utc, first.notices >= 2)
    week = timedelta(days=7)
    older = notices[notices.event_at_utc <= as_of - week]
    figures.share("X07", older, older.event_at_utc, older.closed_at_utc <= older.event_at_utc + week)


def _incidents(figures: Figures, truth: Path, links: Frame) -> None:
    number = links.subject.str.replace(r"^/[^/]+/[^/]+/", "", regex=True)
    fused = pd.Series(links.incident_id.to_numpy(), index=pd.MultiIndex.from_arrays([links.source, number]))
    reports = pd.concat([*(_told_cases(truth, source, fused) for source in TELLING), _told_detections(truth, fused)])
    reports["gives_place"] = reports.source != "petition.matter"
    reports.loc[~reports.gives_place, [*PLACES, "unit_code"]] = None
    reports = reports.sort_values(
        ["gives_place", "told_at_utc", "source", "number"], ascending=[False, True, True, True]
    )
    owners = [
        rows.drop_duplicates("incident").assign(variant=variant)
        for variant, rows in (("raw", reports), ("adjusted", reports[reports.exclusion_code.isna()]))
    ]
    told = pd.concat(owners, ignore_index=True)
    figures.count("G01a", told, told.told_at_utc)


def _told_cases(truth: Path, source: str, fused: pd.Series) -> Frame:
    """Counted cases with their incident: that of their link, of what they repeat, or their own."""
    cases = _read(truth, "cases", source)
    repeats = cases[cases.is_duplicate & cases.parent_case_id.notna()] if "parent_case_id" in cases else cases[:0]
    parent = dict(zip(repeats.case_id, repeats.get("parent_case_id", ()), strict=True))

    def incident(number: str) -> str:
        while (source, number) not in fused.index and number in parent:
            number = parent[number]
        return str(fused.get((source, number), f"{source} {number}"))

    kinds = cases.report_kind if "report_kind" in cases else pd.Series("", index=cases.index)
    asks = cases.is_information_only if "is_information_only" in cases else pd.Series(data=False, index=cases.index)
    counted = cases[~cases.is_voided & ~asks.eq(True) & (kinds != "inspection")]
    told = counted.rename(columns={"case_id": "number", "received_at_utc": "told_at_utc"})
    return told.assign(source=source, incident=told.number.map(incident))[TOLD]


def _told_detections(truth: Path, fused: pd.Series) -> Frame:
    """Detections that nobody has rejected, when they were first seen."""
    events = _events(truth, "camera.detection").sort_values("event_at_utc", kind="stable")
    last_review = events[events.stage == "reviewed"].groupby("detection_id").review_result.last()
    false_alarms = last_review.index[last_review == "rejected"]
    seen = events[events.stage == "detected"].groupby("detection_id").event_at_utc.min()
    told = events[~events.detection_id.isin(false_alarms)].groupby("detection_id", as_index=False).first()
    told = told.rename(columns={"detection_id": "number"}).assign(source="camera.detection")
    told["told_at_utc"] = told.number.map(seen).fillna(told.event_at_utc)
    told["incident"] = [fused.get(key, " ".join(key)) for key in zip(told.source, told.number, strict=True)]
    return told.assign(unit_code=None, exclusion_code=None)[TOLD]


def expected_escalations(truth: Path) -> dict[tuple[str, str], str]:
    """(Source, number) of each case that was open past our deadline in a township's hands -> what became of it.

    What must go up has eight working hours; an escalation before the deadline is another matter.
    """
    as_of = pd.Timestamp(json.loads((truth / "truth.json").read_text())["as_of_utc"])
    towns = {row["unit_code"] for row in registry.rows("unit") if row["unit_type"] == "township"}
    found = {}
    for source in ("hotline.ticket", "department.case", "department.service"):
        cases = _clocked(truth, source, as_of)
        events = _events(truth, source)
        up = events[events.stage == "escalated"]
        ended = cases.first_closed_at_utc
        late = cases[
            (cases.due_at_utc <= as_of) & ~(ended <= cases.due_at_utc) & cases.unit_code.isin(towns)
            & ~cases.is_voided & ~cases.is_duplicate
        ]  # fmt: skip
        for case in late.itertuples():
            start = calendars.instant_us(case.due_at_utc.tz_localize("UTC").to_pydatetime())
            until = int(due(calendars.of_city("shuifu"), "work_hour", [8], [start]).due_us[0])
            latest = pd.Timestamp(until, unit="us")
            told = up.event_at_utc[(up.case_id == case.case_id) & (up.event_at_utc >= case.due_at_utc)]
            if len(told):
                found[source, case.case_id] = "in_time" if told.min() <= latest else "late"
            elif case.first_closed_at_utc <= latest:
                found[source, case.case_id] = "closed_before"
            else:
                found[source, case.case_id] = "pending" if latest > as_of else "missed"
    return found


def _sensing(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    devices = _events(truth, "camera.device")
    devices = devices.assign(
        day=(devices.event_at_utc + LOCAL).dt.normalize() - LOCAL,
        is_measured=devices.window_minutes.notna() & devices.online_minutes.notna(),
        is_checked=devices.stage == "image_checked",
        is_clear=(devices.stage == "image_checked") & (devices.check_result == "clear"),
        is_maintained=devices.stage == "maintenance",
    )
    devices["window"] = devices.window_minutes.where(devices.is_measured, 0).astype(float)
    devices["online"] = (
        devices[["online_minutes", "window_minutes"]].astype(float).min(axis=1).where(devices.is_measured, 0)
    )
    days = devices.groupby(["device_id", "day"], as_index=False).agg(
        **{name: (name, "max") for name in PLACES},
        window=("window", "sum"), online=("online", "sum"), checked=("is_checked", "sum"), clear=("is_clear", "sum"),
        is_maintained=("is_maintained", "any"),
    )  # fmt: skip
    days = _both(days.assign(unit_code=None, exclusion_code=days.is_maintained.map({True: "x", False: None})))
    up = days[days.window > 0]
    figures.share("C01", up, up.day, up.online, weight=up.window)
    checked = days[days.checked > 0]
    figures.share("C02", checked, checked.day, checked.clear, weight=checked.checked)
    events = _events(truth, "camera.detection").sort_values("event_at_utc", kind="stable")
    seen = events[events.stage == "detected"].groupby("detection_id").event_at_utc.min()
    reviewed = events[events.stage == "reviewed"].groupby("detection_id", as_index=False).last()
    reviewed = reviewed.assign(unit_code=None, exclusion_code=None, seen=reviewed.detection_id.map(seen))
    reviewed = _both(reviewed.assign(seen=reviewed.seen.fillna(reviewed.event_at_utc)))
    figures.share("C03", reviewed, reviewed.seen, reviewed.review_result == "confirmed")
    figures.share("C07a", reviewed, reviewed.seen, reviewed.review_result == "rejected")


def _read(truth: Path, what: str, source: str) -> Frame:
    """Cases or events of a source, with all places; null where the source knows none so fine."""
    found = pd.read_parquet(truth / f"{what}/{source}.parquet")
    return found.assign(**{name: None for name in PLACES if name not in found})


def _events(truth: Path, source: str) -> Frame:
    return _read(truth, "events", source)


def _both(rows: Frame) -> Frame:
    """The rows in both variants, adjusted without what is excluded."""
    kept = rows[rows.exclusion_code.isna()]
    return pd.concat([rows.assign(variant="raw"), kept.assign(variant="adjusted")], ignore_index=True)


@lru_cache(maxsize=len(oracle.FAMILIES))
def _clocked(truth: Path, source: str, as_of: pd.Timestamp) -> Frame:
    """Cases of a source with the times of their stages, our deadline, and whether they are due and on time."""
    return oracle.timed_cases(source, _read(truth, "cases", source), _events(truth, source), as_of)


def _in_time(rows: Frame) -> pd.Series:
    return rows.closed_at_utc.notna() & rows.is_on_time.eq(True)
