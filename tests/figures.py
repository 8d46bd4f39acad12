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

REFERENCE = Path(__file__).parent.parent / "streams/reference/data"
STEPS = pd.read_csv(SEEDS / "stage_limit.csv").query("city_code == 'shuifu'")

LEVELS = {"city": "city", "street": "true_street_code", "community": "true_community_code", "grid": "true_grid_code"}

PLACES = ("true_street_code", "true_community_code", "true_grid_code")
GRID_AREAS = ("community_code", "street_code")

TAKEN_OVER = {
    "M10a": "households_assessed", "M10b": "risks_resolved", "M11": "decisions_risk_assessed",
    "L05": "safety_satisfaction", "L06": "enforcement_satisfaction",
}  # fmt: skip
"""Figures that a register tells, and its own name for each."""

EVERY = {
    "P1D": pd.DateOffset(days=1), "P7D": pd.DateOffset(days=7), "P1M": pd.DateOffset(months=1),
    "P3M": pd.DateOffset(months=3),
}  # fmt: skip
"""How often a city sign is observed -> the time after which it is out of date."""

NEXT = timedelta(microseconds=1)
"""Less than the end of a month by this lies in it."""

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

    def per(self, indicator: str, rows: Frame, day: pd.Series, size: pd.Series) -> None:
        """`size`: of each (area level, area code) what the count is divided by."""
        scale = float(self.catalogue[indicator]["scale"])
        for cells in self._cuts(indicator, rows, day):
            n = cells.size().rename("n").reset_index()
            under = size.reindex(pd.MultiIndex.from_frame(n[["area_level", "area_code"]])).to_numpy()
            told = n.assign(numerator=n.n, denominator=under, value=n.n / under * scale)
            self._add(indicator, told.set_index(CELL[1:]))

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
    for tell in TELLERS:
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
    events = _events(truth, "hotline.ticket")
    due = received[received.is_due]
    figures.share(
        "T06", due, due.received_at_utc, due.case_id.isin(events.case_id[events.stage == "extension_approved"])
    )
    answered = events.case_id[(events.stage == "callback_attempted") & (events.callback_result == "answered")]
    figures.share("H09", closed, closed.closed_at_utc, closed.case_id.isin(answered))
    kinds = {"T15a": "consult", "T15b": "help", "T15c": "complaint", "T15d": "report", "T15e": "suggestion"}
    for indicator, kind in kinds.items():
        figures.share(indicator, received, received.received_at_utc, received.request_kind == kind)
    channels = ("phone", "mini_program", "app", "web", "letterbox", "grid_app", "other")
    for letter, channel in zip("abcdefg", channels, strict=True):
        figures.share(f"T18{letter}", received, received.received_at_utc, received.channel == channel)


def _ticket_steps(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    source = "hotline.ticket"
    events = _events(truth, source)
    cases = _clocked(truth, source, as_of)
    cases = cases.join(
        pd.DataFrame({f"{stage}_at": _first(events, stage) for stage in ("signed", "contacted", "rated")}), on="case_id"
    )
    cases = cases.assign(dispatches=cases.case_id.map(events.case_id[events.stage == "dispatched"].value_counts()))
    for stage, column in (
        ("dispatched", "first_dispatched_at_utc"),
        ("signed", "signed_at"),
        ("contacted", "contacted_at"),
    ):
        cases[f"is_{stage}_in_time"] = _in_step(source, stage, cases, cases[column])
    received = _both(cases[~cases.is_voided & ~cases.is_information_only & ~cases.is_duplicate])
    sent = received[received.first_dispatched_at_utc.notna()]
    for indicator, rows, stage in (
        ("T01a", sent[sent.urgency == "urgent"], "dispatched"),
        ("T01b", sent[sent.urgency == "normal"], "dispatched"),
        ("T02", sent, "signed"),
        ("R01a", sent, "contacted"),
    ):
        figures.share(indicator, rows, rows.first_dispatched_at_utc, rows[f"is_{stage}_in_time"])
    first = received.closed_at_utc.notna() & (received.dispatches == 1) & (received.returned_count == 0)
    figures.share("T11", received, received.received_at_utc, first)
    closed = received[received.closed_at_utc.notna()]
    loop = (closed.received_at_utc <= closed.first_dispatched_at_utc) & (
        closed.first_dispatched_at_utc <= closed.signed_at
    )
    figures.share("T17", closed, closed.closed_at_utc, loop & (closed.signed_at <= closed.rated_at))
    sent = _both(_dispatches(events, cases))
    figures.share("T07", sent, sent.event_at_utc, sent.is_returned)


def _callbacks(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    """Cases called back, each once in the period of its calls."""
    cases = _clocked(truth, "hotline.ticket", as_of)
    received = cases[~cases.is_voided & ~cases.is_information_only & ~cases.is_duplicate]
    events = _events(truth, "hotline.ticket")
    calls = events[(events.stage == "callback_attempted") & events.case_id.isin(received.case_id)]
    calls = calls.assign(month=oracle.period_start(calls.event_at_utc), is_hit=calls.callback_result == "answered")
    called = calls.groupby(["case_id", "month"], as_index=False).agg(
        at=("event_at_utc", "min"), is_hit=("is_hit", "any")
    )
    called = _both(called.merge(received[["case_id", "unit_code", "exclusion_code", *PLACES]], on="case_id"))
    figures.share("R05b", called, called["at"], called.is_hit)


def _city_management(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _both(_clocked(truth, "department.case", as_of))
    reported = cases[~cases.is_voided]
    figures.share("D01", reported, reported.received_at_utc, reported.first_admitted_at_utc.notna())
    registered = reported[reported.first_admitted_at_utc.notna()]
    figures.share("D07", registered, registered.received_at_utc, registered.reopened > 0)
    due = registered[~registered.is_duplicate & registered.is_due]
    figures.share("D05", due, due.received_at_utc, due.closed_at_utc.notna())
    figures.share("D06", due, due.received_at_utc, _in_time(due))
    video = due[due.report_source == "video"]
    figures.share("C06", video, video.received_at_utc, _in_time(video))
    figures.share("D08", registered, registered.received_at_utc, registered.report_source == "public")
    inspected = reported[reported.report_source == "inspector"]
    figures.share("D13", inspected, inspected.received_at_utc, inspected.first_admitted_at_utc.notna())
    in_time = _in_step("department.case", "admitted", registered, registered.first_admitted_at_utc)
    figures.share("D02", registered, registered.received_at_utc, in_time)
    sent = reported[reported.first_dispatched_at_utc.notna()]
    in_time = _in_step("department.case", "dispatched", sent, sent.first_dispatched_at_utc)
    figures.share("D03a", sent, sent.first_dispatched_at_utc, in_time)
    events = _events(truth, "department.case")
    dispatches = _both(_dispatches(events, _clocked(truth, "department.case", as_of)))
    figures.share("D03b", dispatches, dispatches.event_at_utc, ~dispatches.is_returned)
    handled_at = sent.case_id.map(_first(events, "handled"))
    to_handle = ~sent.is_duplicate & (handled_at.notna() | sent.is_due)
    sent, handled_at = sent[to_handle], handled_at[to_handle]
    figures.share("D04a", sent, sent.received_at_utc, handled_at.notna())
    figures.share("D04b", sent, sent.received_at_utc, _by_deadline(sent, handled_at))


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
    figures.share("G06", ended, ended.event_at_utc, ended.closed_at_utc.notna())


def _whistles(events: Frame, cases: Frame) -> Frame:
    """One row per whistle of a case that is not voided: the first check-in before the next whistle answers it."""
    told = events[events.stage.isin({"whistle_blown", "checked_in"})].sort_values("event_at_utc", kind="stable")
    told = told.assign(number=told.stage.eq("whistle_blown").groupby(told.case_id).cumsum())
    came = told[told.stage == "checked_in"].groupby(["case_id", "number"]).event_at_utc.min().rename("checked_in_at")
    blown = told[told.stage == "whistle_blown"].join(came, on=["case_id", "number"])
    place = cases.set_index("case_id")[[*PLACES, "exclusion_code", "is_voided", "closed_at_utc"]]
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
    events = _events(truth, "petition.matter")
    admitted, replied_at = received.first_admitted_at_utc, received.case_id.map(_first(events, "replied"))
    in_time = _in_step("petition.matter", "admitted", received, admitted)
    is_open = admitted.isna() & received.closed_at_utc.isna()
    waiting = is_open & ~_in_step("petition.matter", "admitted", received, pd.Series(as_of, index=received.index))
    to_accept = admitted.notna() | waiting
    figures.share("P01", received[to_accept], received.received_at_utc, in_time[to_accept])
    accepted, told = received[admitted.notna()], received.case_id.map(_first(events, "notified"))
    informed = in_time & _in_step("petition.matter", "notified", received, told)
    figures.share("P02", accepted, accepted.received_at_utc, informed[admitted.notna()])
    figures.share("P03a", accepted, accepted.received_at_utc, _by_deadline(accepted, replied_at[admitted.notna()]))
    for indicator, minutes in (
        ("P04a", _minutes(received.received_at_utc, admitted)),
        ("P04b", _minutes(admitted, replied_at)),
    ):
        timed = received[minutes.notna()]
        figures.share(indicator, timed, timed.received_at_utc, minutes[minutes.notna()] // 1)
    decided = events[events.stage == "review_decided"]
    decided = decided[["case_id", "review_result"]].merge(received, on="case_id")
    figures.count("P12a", decided, decided.received_at_utc)
    figures.share("P12b", decided, decided.received_at_utc, decided.review_result.isin({"changed", "revoked"}))


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
    found = cases[cases.received_at_utc <= as_of - timedelta(days=30)]
    figures.share("M02", found, found.received_at_utc, found.outcome == "agreed")
    accepted = cases[cases.first_admitted_at_utc.notna()]
    passed_up = accepted.case_id.isin(events.case_id[events.stage == "escalated"])
    figures.share("M05", accepted, accepted.received_at_utc, passed_up)
    season = timedelta(days=90)
    old = settled[settled.agreed_at <= as_of - season]
    performed_at = old.case_id.map(events[events.stage == "performed"].groupby("case_id").event_at_utc.max())
    figures.share("M07", old, old.received_at_utc, performed_at <= old.agreed_at + season)
    took = _minutes(settled.first_admitted_at_utc, settled.agreed_at)
    timed = settled[took >= 0]
    figures.quantile("M06", timed, timed.received_at_utc, took[took >= 0], 0.5, 1440)


def _notices(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    found = []
    for source in NOTICED:
        cases = _clocked(truth, source, as_of)
        events = _events(truth, source).sort_values("event_at_utc", kind="stable")
        told = events[events.stage.isin({"supervision_issued", "supervision_answered"})]
        told = told.assign(number=told.stage.eq("supervision_issued").groupby(told.case_id).cumsum())
        answers = told[told.stage == "supervision_answered"].groupby(["case_id", "number"]).size().rename("answers")
        issued = told[told.stage == "supervision_issued"].join(answers, on=["case_id", "number"])
        by_case = issued.groupby("case_id")
        issued = issued.assign(
            of=source, notices=by_case.stage.transform("size"), next_colour=by_case.notice_colour.shift(-1)
        )
        place = cases.set_index("case_id")[[*PLACES, "exclusion_code", "is_voided", "closed_at_utc"]]
        found.append(issued.drop(columns=[*PLACES, "exclusion_code"], errors="ignore").join(place, on="case_id"))
    notices = pd.concat(found, ignore_index=True)
    notices = _both(notices[~notices.is_voided])
    for indicator, colour in (("X03a", "white"), ("X03b", "yellow"), ("X03c", "red")):
        of = notices[notices.notice_colour == colour]
        figures.count(indicator, of, of.event_at_utc)
    for indicator, colour, worse in (("X05a", "white", "yellow"), ("X05b", "yellow", "red")):
        of = notices[notices.notice_colour == colour]
        figures.share(indicator, of, of.event_at_utc, of.next_colour == worse)
    of = notices[notices.of == "department.case"]
    figures.count("D11a", of, of.event_at_utc)
    figures.count("D11b", of[of.answers.isna()], of.event_at_utc)
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
    grids = _grids(figures)
    for indicator, column in (("G02a", "households"), ("G02b", "area_km2")):
        size = pd.concat({level: grids.groupby(code)[column].sum() for level, code in LEVELS.items()})
        figures.per(indicator, told, told.told_at_utc, size)


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
    if source == "grid.report":
        # The truth names the unit that was there last; one that comes at a whistle does not take the case over.
        events = _events(truth, source)
        handed = events[(events.stage != "checked_in") & events.unit_code.notna()].sort_values("event_at_utc")
        told["unit_code"] = told.number.map(handed.groupby("case_id").unit_code.last())
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


def _month_ends(first: pd.Timestamp, as_of: pd.Timestamp) -> list[pd.Timestamp]:
    """The instant after each local month from the first on, and that of T for the month that is running."""
    months = pd.period_range((first + LOCAL).to_period("M"), (as_of + LOCAL).to_period("M"))
    return [min((month + 1).start_time - LOCAL, as_of) for month in months]


def _first(events: Frame, stage: str) -> pd.Series:
    """Case -> when it first came to the stage."""
    return events[events.stage == stage].groupby("case_id").event_at_utc.min()


def _minutes(since: pd.Series, until: pd.Series) -> pd.Series:
    return (until - since).dt.total_seconds() / 60


def _dispatches(events: Frame, cases: Frame) -> Frame:
    """One row per dispatch of a counted case, of the unit that it went to; returned: sent back before the next one."""
    told = events[events.stage.isin({"dispatched", "returned"})].sort_values("event_at_utc", kind="stable")
    told = told.assign(number=told.stage.eq("dispatched").groupby(told.case_id).cumsum())
    back = set(zip(*told[told.stage == "returned"][["case_id", "number"]].to_numpy().T, strict=True))
    sent = told[told.stage == "dispatched"]
    sent = sent.assign(is_returned=[key in back for key in zip(sent.case_id, sent.number, strict=True)])
    place = cases.set_index("case_id")[[*PLACES, "exclusion_code", "is_voided"]]
    sent = sent.drop(columns=[*PLACES, "exclusion_code"]).join(place, on="case_id")
    return sent[~sent.is_voided]


def _in_step(source: str, stage: str, cases: Frame, reached: pd.Series) -> pd.Series:
    """Whether each case reached the stage within its city's limit: hours to the instant, days to their end."""
    found = pd.Series(data=False, index=cases.index)
    for rule in STEPS[(STEPS.source == source) & (STEPS.stage == stage)].itertuples():
        since = cases[
            {"received": "received_at_utc", "admitted": "first_admitted_at_utc"}.get(
                rule.starts_with, "first_dispatched_at_utc"
            )
        ]
        if rule.clock == "urgent_hour":
            in_time = reached <= since + timedelta(hours=rule.time_limit)
        else:
            in_time = _local_day(reached) <= _local_day(since) + timedelta(days=rule.time_limit)
        found |= in_time & ((cases.urgency == rule.urgency) if isinstance(rule.urgency, str) else True)
    return found


def _local_day(instants: pd.Series) -> pd.Series:
    return (instants + LOCAL).dt.normalize()


def _by_deadline(rows: Frame, done_at: pd.Series) -> pd.Series:
    """Whether what was done came by our deadline: the end of a day is no part of it; a clock time is."""
    at_the_time = (done_at == rows.due_at_utc) & rows.clock.fillna("").str.endswith("_hour")
    return (done_at < rows.due_at_utc) | at_the_time


def _in_time(rows: Frame) -> pd.Series:
    return rows.closed_at_utc.notna() & rows.is_on_time.eq(True)


def _registers(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    """What departments keep in registers: tasks, commitments, samples, figures taken over, and what stands in them."""
    events = _events(truth, "department.record").sort_values("event_at_utc", kind="stable")
    by_record = events.groupby("record_id", as_index=False)
    records = by_record.last().assign(exclusion_code=None, first_at=by_record.event_at_utc.min().event_at_utc)
    records = records[records.stage != "withdrawn"]
    due = _both(records[records.due_at <= as_of])
    is_leaf = (due.record_kind == "task") & due.parent_record_id.notna()
    for indicator, rows in (("L04", due[is_leaf]), ("L08", due[due.record_kind == "commitment"])):
        figures.share(indicator, rows, rows.due_at, rows.completed_at <= rows.due_at)
    samples = _each(_both(records[records.record_kind == "reinspection_sample"]))
    figures.share("D14", samples, samples.first_at, samples.is_hit)
    told = _each(_both(records[records.numerator.notna()]))
    for indicator, measure in TAKEN_OVER.items():
        rows = told[told.measure_code == measure]
        figures.share(indicator, rows, rows.period_start_at, rows.is_hit)
    standing = []
    for end in _month_ends(events.event_at_utc.min(), as_of):
        last = events[events.event_at_utc < end].groupby("record_id").tail(1)
        standing.append(last[last.stage != "withdrawn"].assign(at=end - NEXT))
    stands = _both(pd.concat(standing, ignore_index=True).assign(exclusion_code=None))
    items = stands[stands.record_kind == "service_item"]
    figures.share("S01", items, items["at"], items.is_online_available.eq(True))
    figures.share("S04", items, items["at"], items.denominator - items.numerator, weight=items.denominator)
    parts = stands[stands.record_kind == "city_part"]
    figures.share("D18", parts, parts["at"], parts.state == "intact")


def _each(rows: Frame) -> Frame:
    """One row for each that a row's denominator stands for, the numerator's as hits."""
    each = rows.loc[rows.index.repeat(rows.denominator.astype(int))]
    return each.assign(is_hit=each.groupby(level=0).cumcount() < each.numerator).reset_index(drop=True)


def _signs(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    signs = pd.read_csv(REFERENCE / "signs.csv", dtype=str)
    events = _events(truth, "sign.observation")
    observed = events.assign(at=events.observed_at.fillna(events.event_at_utc))
    found = []
    for end in _month_ends(observed["at"].min(), as_of):
        last = signs.sign_code.map(observed[observed["at"] < end].groupby("sign_code")["at"].max())
        since = signs.observe_every.map({every: end + LOCAL - span for every, span in EVERY.items()})
        found.append(signs.assign(at=end - NEXT, is_updated=last + LOCAL >= since))
    stands = _both(pd.concat(found, ignore_index=True).assign(exclusion_code=None))
    figures.share("L07", stands, stands["at"], stands.is_updated)


def _overdue(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    cases = _clocked(truth, "hotline.ticket", as_of)
    received = cases[~cases.is_voided & ~cases.is_information_only & ~cases.is_duplicate]
    found = []
    for end in _month_ends(received.received_at_utc.min(), as_of):
        is_open = received.closed_at_utc.isna() | (received.closed_at_utc >= end)
        late = received[is_open & (received.due_at_utc < end)]
        found.append(late.assign(at=end - NEXT, days=(end - late.due_at_utc) / timedelta(days=1)))
    stands = _both(pd.concat(found, ignore_index=True))
    figures.count("T13", stands, stands["at"])
    for letter, above, up_to in zip("abcde", (0, 7, 15, 30, 60), (7, 15, 30, 60, math.inf), strict=True):
        aged = stands[(stands.days > above) & (stands.days <= up_to)]
        figures.count(f"T13{letter}", aged, aged["at"])


def _grids(figures: Figures) -> Frame:
    grids = pd.read_csv(REFERENCE / "grids.csv", dtype=dict.fromkeys(("grid_code", *GRID_AREAS), str))
    return grids.rename(columns={code: f"true_{code}" for code in ("grid_code", *GRID_AREAS)}).assign(city=figures.city)


def _ground(figures: Figures, truth: Path, as_of: pd.Timestamp) -> None:
    """The size of the grids."""
    cases = _clocked(truth, "hotline.ticket", as_of)
    counted = cases[~cases.is_voided & ~cases.is_information_only]
    grids = _grids(figures)
    months = oracle.period_start(counted.received_at_utc).unique()
    urban = grids[grids.grid_type == "urban"]
    stands = pd.concat([urban.assign(at=pd.Timestamp(month), exclusion_code=None, unit_code=None) for month in months])
    stands = _both(stands)
    figures.share("G09", stands, stands["at"], stands.households.between(200, 300))


TELLERS = (
    _calls, _tickets, _ticket_steps, _callbacks, _city_management, _grid, _services, _petitions, _disputes, _notices,
    _sensing, _registers, _signs, _overdue, _ground,
)  # fmt: skip
"""What counts the indicators, source by source."""
