"""Expected indicator values, computed from the simulator's truth alone: no SQL, no dbt, nothing of the pipeline but the
clocks' own arithmetic, which is held against an oracle that counts minutes.

The end-to-end test holds what is published against it. Definitions are those of the indicator catalogue.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from streams.clocks import calendars
from streams.clocks.clock import OPEN, Pauses, due

LOCAL = timedelta(hours=8)
RATES = ("R02", "R03", "R05", "T04a", "T04b", "T03a", "T03d", "G12")
CELL = ["indicator_id", "variant", "period_start", "area_level", "area_code", "unit_code"]
SATISFIED = {"very_satisfied", "satisfied", "basically_satisfied"}
RESOLVED = {"resolved", "basically_resolved"}
SEEDS = Path(__file__).parent.parent / "dbt_project/seeds"
FAMILIES = {
    "hotline.ticket": "hotline", "petition.matter": "petition", "department.case": "citymgmt",
    "department.service": "service", "department.dispute": "dispute", "grid.report": "grid",
}  # fmt: skip
"""Case source -> the family of its stages."""

STAGES = pd.read_csv(SEEDS / "stage_map.csv").set_index(["family", "native_stage"])
LIMITS = pd.read_csv(SEEDS / "time_limit.csv").query("city_code == 'shuifu'").reset_index(drop=True)
US = "datetime64[us]"


def expected_values(truth: Path, city_area_code: str = "530681") -> pd.DataFrame:
    """One row per CELL with numerator, denominator (counts: none), n and value; nothing suppressed.

    Cells: month x (city, street); city x unit; street x unit; community for the G family, grid for G01b only (zeros of
    grids without cases are not listed). `unit_code` is empty for all units.
    """
    as_of = pd.Timestamp(json.loads((truth / "truth.json").read_text())["as_of_utc"])
    events = pd.read_parquet(truth / "events/hotline.ticket.parquet")
    cases = _cases(pd.read_parquet(truth / "cases/hotline.ticket.parquet"), events, as_of)
    calls = _calls(events, cases)
    found = []
    for variant in ("raw", "adjusted"):
        counted = cases[cases.is_counted & ((variant == "raw") | cases.exclusion_code.isna())]
        received = counted[~counted.is_duplicate]
        spoken = calls[calls.case_id.isin(received.case_id)]
        due = received[received.is_due]
        declared = received[received.closed_at_utc.notna() | (received.declared_due_at_utc <= as_of)]
        place = counted[counted.has_location]
        rates = {
            "R05": (spoken, spoken.callback_result == "answered"),
            "R02": (answered := spoken[spoken.callback_result == "answered"], answered.resolution.isin(RESOLVED)),
            "R03": (answered, answered.satisfaction.isin(SATISFIED)),
            "T04a": (due, due.closed_at_utc.notna()),
            "T03a": (due, due.is_on_time),
            "T03d": (declared, declared.closed_at_utc <= declared.declared_due_at_utc),
            "T04b": (received, received.closed_at_utc.notna()),
            "G12": (place, place.true_grid_code.notna()),
        }
        for indicator, (base, hits) in rates.items():
            finer = ("community",) if indicator.startswith("G") else ()
            for cell in _cells(base.assign(hit=hits.astype(int)), city_area_code, finer):
                found.append({"indicator_id": indicator, "variant": variant, **cell})
        for cell in _cells(counted.assign(hit=1), city_area_code, ("community", "grid")):
            found.append({"indicator_id": "G01b", "variant": variant, **cell})
    table = pd.DataFrame(found)
    is_rate = table.indicator_id.isin(RATES)
    table["value"] = (table.numerator / table.denominator).where(is_rate, table.numerator)
    table["n"] = table.n.where(is_rate, table.numerator)
    table["denominator"] = table.denominator.where(is_rate)
    return table[[*CELL, "numerator", "denominator", "n", "value"]].sort_values(CELL, ignore_index=True)


CLOSING = {"closed", "not_accepted"}
REOPENING = {"reopened", "reworked"}
COUNTS = ["requests", "completed", "open", "cancelled", "duplicates", "information_only"]


def expected_summary(truth: Path) -> pd.DataFrame:
    """`published.source_summary` of the simulated city: one row per case topic, by `source`.

    A voided case is cancelled. A case is closed when it was closed after it was last taken up again; one merged into
    another shares the other's end. Planned inspections ask for nothing, like information-only calls.
    """
    found = []
    for path in sorted((truth / "events").glob("*.parquet")):
        events = pd.read_parquet(path)
        if "case_id" in events and path.stem in CASE_SOURCES:
            found.append({"source": path.stem, **_summary(events)})
    return pd.DataFrame(found).set_index("source")


CASE_SOURCES = {
    "hotline.ticket", "petition.matter", "department.case", "department.service", "department.dispute", "grid.report",
}  # fmt: skip


def _summary(events: pd.DataFrame) -> dict[str, object]:
    at = events.event_at_utc
    reopened = at[events.stage.isin(REOPENING)].groupby(events.case_id).max()
    is_closing = events.stage.isin(CLOSING) & ~(at <= events.case_id.map(reopened))
    closed = set(events.case_id[is_closing])
    of = _by_case(events)
    parent = of.parent_case_id.dropna().to_dict()

    def ends(case_id: str) -> bool:
        return case_id in closed or (case_id in parent and ends(parent[case_id]))

    is_closed = of.index.map(ends).to_numpy(dtype=bool)
    asked = of[~of.is_information]
    ended = is_closed[~of.is_information]
    return {
        "requests": len(asked),
        "completed": int((ended & ~asked.is_voided).sum()),
        "open": int((~ended & ~asked.is_voided).sum()),
        "cancelled": int(asked.is_voided.sum()),
        "duplicates": int(asked.is_merged.sum()),
        "information_only": int(of.is_information.sum()),
        "first_event_at_utc": at.min(),
        "last_event_at_utc": at.max(),
    }


def _by_case(events: pd.DataFrame) -> pd.DataFrame:
    told = events.assign(
        is_voided=events.stage == "voided",
        is_merged=events.stage == "merged",
        is_information=_told(events, "is_information_only").eq(True) | _told(events, "report_kind").eq("inspection"),
        parent_case_id=_told(events, "parent_case_id"),
    ).groupby("case_id")
    return told[["is_voided", "is_merged", "is_information"]].any().join(told.parent_case_id.last())


def _told(events: pd.DataFrame, column: str) -> pd.Series:
    return events[column] if column in events else pd.Series(None, index=events.index, dtype=object)


def _cases(cases: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    told = cases.rename(columns={"due_at_utc": "declared_due_at_utc"})
    return timed_cases("hotline.ticket", told, events, as_of).assign(
        month=period_start(cases.received_at_utc), is_counted=~cases.is_voided & ~cases.is_information_only
    )


def timed_cases(source: str, cases: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The cases with the first time of some stages, how often they were taken up again, and our own deadline.

    `clock`: None where no limit holds or its first stage is not told; `due_at_utc`: NaT also while paused;
    `is_on_time`: None where that cannot be said yet.
    """
    of = STAGES.loc[FAMILIES[source]]
    told = events.assign(canonical=events.stage.map(of.stage))
    first = told.groupby(["case_id", "canonical"]).event_at_utc.min().unstack()
    names = {
        "admitted": "first_admitted_at_utc",
        "dispatched": "first_dispatched_at_utc",
        "closed": "first_closed_at_utc",
    }
    first = first.reindex(columns=list(names)).rename(columns=names)
    again = (told.canonical == "reopened").groupby(told.case_id).sum().rename("reopened")
    known = cases.drop(columns=["due_at_utc", *names.values()], errors="ignore")
    known = known.join(first, on="case_id").join(again, on="case_id")
    timed = known.merge(_clocked(source, known, told, of), on="case_id", how="left")
    closed, due = timed.closed_at_utc, timed.due_at_utc
    # The end of a day is no part of it; a clock time is.
    in_time = (closed < due) | ((closed == due) & timed.clock.fillna("").str.endswith("_hour"))
    is_known = due.notna() & (closed.notna() | (due <= as_of))
    return timed.assign(
        is_due=timed.clock.notna() & (closed.notna() | (due <= as_of)),
        is_on_time=in_time.astype(object).where(is_known, None),
    )


def _clocked(source: str, cases: pd.DataFrame, events: pd.DataFrame, of: pd.DataFrame) -> pd.DataFrame:
    """Per case its clock and deadline (NaT: paused), by the clocks' own function, which minutes were counted for.

    An extension lengthens what has not run out yet; a pause lasts until the state changes.
    """
    calendar = calendars.of_city("shuifu")
    told = events.assign(order=events.stage.map(of.stage_order), turns=events.stage.map(of.changes_state))
    told = told.sort_values(["event_at_utc", "order"], kind="stable")
    turns = told[told.turns].assign(until=lambda rows: rows.groupby("case_id").event_at_utc.shift(-1))
    pauses = turns[turns.canonical == "paused"]
    approved = told[told.canonical == "extension_approved"].groupby("case_id").event_at_utc.apply(list)
    told = told.assign(
        request_kind=_told(told, "report_kind" if source == "grid.report" else "request_kind"),
        urgency=_told(told, "urgency"),
    )
    said = told.groupby("case_id")[["request_kind", "urgency"]].last()
    starts = ["received_at_utc", "first_admitted_at_utc", "first_dispatched_at_utc"]
    known = cases[["case_id", *starts]].join(said, on="case_id").join(approved.rename("approved"), on="case_id")
    found = []
    for limit, rows in known.groupby(_limits(source, known)):
        rule = LIMITS.loc[limit]
        since = {"received": starts[0], "admitted": starts[1], "dispatched": starts[2]}[rule.starts_with]
        rows = rows[rows[since].notna()].reset_index(drop=True)
        place = pd.Series(range(len(rows)), index=rows.case_id)
        mine = pauses[pauses.case_id.isin(rows.case_id)]
        spans = Pauses(
            mine.case_id.map(place).to_numpy(dtype=np.int64),
            _us(mine.event_at_utc),
            np.where(mine.until.isna(), OPEN, _us(mine.until)),
        )
        extensions = [times if isinstance(times, list) else [] for times in rows.approved]
        started = _us(rows[since])
        kept, runs = None, np.ones(len(rows), dtype=bool)
        for extended in range(max(map(len, extensions), default=0) + 1):
            length = rule.time_limit + min(extended * rule.extension_limit, rule.extension_cap)
            answer = due(calendar, rule.clock, length, started, spans)
            until = pd.Series(answer.due_us.astype(US)).mask(answer.is_paused)
            if kept is None:
                kept = until
                continue
            at = pd.Series(
                [times[extended - 1] if len(times) >= extended else pd.NaT for times in extensions], dtype=US
            )
            runs &= (at.notna() & ~(at >= kept)).to_numpy()
            kept = kept.where(~runs, until)
        found.append(pd.DataFrame({"case_id": rows.case_id.to_numpy(), "clock": rule.clock, "due_at_utc": kept}))
    return pd.concat(found, ignore_index=True)


def _us(instants: pd.Series) -> np.ndarray:
    return instants.to_numpy().astype(US).astype(np.int64)


def _limits(source: str, cases: pd.DataFrame) -> pd.Series:
    """Per case the row of LIMITS that fits it best: an urgency says more than a kind, a kind more than nothing."""
    best = pd.Series(-1, index=cases.index)
    mine = LIMITS[LIMITS.source == source]
    closeness = mine.urgency.notna() * 2 + mine.request_kind.notna()
    for row in closeness.sort_values(kind="stable").index:
        rule, fits = mine.loc[row], pd.Series(data=True, index=cases.index)
        for column in ("urgency", "request_kind"):
            if isinstance(rule[column], str):
                fits &= cases[column] == rule[column]
        best = best.mask(fits, row)
    assert (best >= 0).all()
    return best


def _calls(events: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    calls = events.loc[
        events.stage == "callback_attempted",
        ["case_id", "event_at_utc", "callback_result", "resolution", "satisfaction"],
    ]
    places = cases[["case_id", "unit_code", "true_street_code", "true_community_code", "true_grid_code"]]
    return calls.assign(month=period_start(calls.event_at_utc)).merge(places, on="case_id")


def _cells(base: pd.DataFrame, city_area_code: str, finer: tuple[str, ...] = ()) -> list[dict[str, object]]:
    base = base.assign(city=city_area_code)
    places = {"city": "city", "street": "true_street_code"} | {level: f"true_{level}_code" for level in finer}
    cuts = [(level, column, None) for level, column in places.items()]
    cuts += [(level, places[level], "unit_code") for level in ("city", "street")]
    found = []
    for level, column, unit in cuts:
        keys = ["month", column] + ([unit] if unit else [])
        for key, rows in base.groupby(keys):  # rows without the place or the unit belong to no such cell
            found.append(
                {
                    "period_start": key[0],
                    "area_level": level,
                    "area_code": key[1],
                    "unit_code": key[2] if unit else "",
                    "numerator": int(rows.hit.sum()),
                    "denominator": len(rows),
                    "n": rows.case_id.nunique(),
                }
            )
    return found


def period_start(instants: pd.Series, kind: str = "month") -> pd.Series:
    """First local day of the period of the kind that each instant lies in."""
    local = instants + LOCAL
    if kind == "half_year":
        return local.map(lambda at: pd.Timestamp(at.year, 1 if at.month < 7 else 7, 1).date())
    frequency = {"day": "D", "month": "M", "quarter": "Q", "year": "Y"}[kind]
    return local.dt.to_period(frequency).dt.start_time.dt.date
