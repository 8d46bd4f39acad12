"""Family `city.department.case.v1`: cases of city management, from report over 立案 and 派遣 to 结案."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.simulators.families import detections, hotline
from streams.simulators.families.lives import Lives, Words, known_lives, picked, where
from streams.simulators.families.street_reports import Reports
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Floats, Ints, Mask, lognormal
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.incidents import CITY_MANAGEMENT
from streams.simulators.town.scenario import TOWN_PACE
from streams.simulators.town.texts import INSPECTION_WEIGHTS, INSPECTIONS, Canaries
from streams.simulators.town.things import things
from streams.simulators.town.world import World

TOPIC, SOURCE = "city.department.case.v1", "/shuifu/city-management"
PER_DAY = 50.0
"""At scale 1."""
DELAYS = Delays(12, (0.03, 2 * MINUTE, 120 * MINUTE), (0.007, 25 * HOUR, 96 * HOUR), (0.0012, 38 * DAY, 42 * DAY))

FINDERS = {"inspector": 0.60, "public": 0.13, "video": 0.10, "self_inspection": 0.08, "hotline": 0.06, "grid": 0.03}
TOWN_SHARE, VOID_SHARE, DECLARED_SHARE = 0.15, 0.035, 0.6
RETURNED_SHARE, SUSPENDED_SHARE, EXTENDED_SHARE = 0.05, 0.025, 0.04
FAILED_SHARE, APPEALED_SHARE, EXCLUDED_SHARE = 0.07, 0.02, 0.02
STUCK_SHARE = 0.025
"""Take four times as long."""

STATUS = {
    "reported": "待立案", "registered": "已立案", "dispatched": "已派遣", "returned": "回退待派", "handled": "待核查",
    "checked": "待结案", "closed": "已结案", "reworked": "返工", "suspended": "缓办", "resumed": "处置中",
    "extension_approved": "处置中", "appealed": "申诉中", "voided": "不予立案", "merged": "并案",
    "escalated": "超时督办", "supervision_issued": "督办", "supervision_answered": "督办",
    "supervision_closed": "督办办结", "struck_off": "销号",
}  # fmt: skip


def play(world: World) -> Family:
    """All cases reported in the world's span, and what becomes of each."""
    made = Reports.drawn(world, CITY_MANAGEMENT, PER_DAY)
    lives, canaries = Lives("citymgmt", world, len(made)), Canaries()
    unit, pace = _units(lives, made)
    finder = picked(lives.chance("finder"), FINDERS, len(made))
    names = world.numbers("CG", made.at).alias("case_id")
    text, marks = made.texts(world, INSPECTIONS, INSPECTION_WEIGHTS, canaries)
    kinds = [things()[row] for row in made.told.tolist()]
    opening = made.codes.with_columns(
        text,
        report_source=pl.Series(finder.tolist(), dtype=pl.String),
        object_kind=pl.Series(["part" if kind.part_2013 else "matter" for kind in kinds]),
        urgency=pl.Series(["urgent" if kind.is_urgent else "normal" for kind in kinds]),
        part_code=_parts(lives, made),
        related_case_id=_related(world, made, finder),
    ).hstack(made.places)
    original = made.declared(lives.chance("declared"), DECLARED_SHARE)
    events = told(_play(lives, made, unit, pace, original), opening, {"reported"}).with_columns(
        status_native=pl.col("stage").replace_strict(STATUS)
    )
    events = events.with_columns(names.gather(events["parent"]).alias("parent_case_id")).drop("parent")
    cases = opening.drop("text").hstack([names]).hstack(marks)
    return Family(TOPIC, SOURCE, cases, events, DELAYS, frozenset({"reported"}), canaries, known_lives)


def _units(lives: Lives, made: Reports) -> tuple[Words, Floats]:
    bureau = np.array([thing.unit_code for thing in things()], dtype=object)[made.told]
    unit = np.where(lives.luck("town", TOWN_SHARE), lives.towns(made.home), bureau)
    street = lives.world.ground.column("street_code")[made.home]
    return unit, lives.paces(unit) * np.array([TOWN_PACE[code] for code in street.tolist()])


def _parts(lives: Lives, made: Reports) -> pl.Series:
    """Number of the city part: county, class and a running number; one digit more by the newer standard."""
    running = lives.chance("part").integers(1, 3000, len(made))
    county = lives.world.here.admin_code
    codes = []
    for row, code, number in zip(
        made.told.tolist(), made.codes["category_code"].to_list(), running.tolist(), strict=True
    ):
        codes.append(f"{county}{code}{number:06d}" if things()[row].part_2013 else None)
    return pl.Series(codes, dtype=pl.String)


def _related(world: World, made: Reports, finder: Words) -> pl.Series:
    """The ticket or detection of which the case came, where the source says so and it was there before."""
    found = np.full(len(made), None, dtype=object)
    for kind, topic, subject in (("hotline", hotline.TOPIC, "case_id"), ("video", detections.TOPIC, "detection_id")):
        names, times = world.incidents.first_told(world.played[topic], subject)
        is_tied = (finder == kind) & (made.at > times[made.incident])
        found[is_tied] = names[made.incident[is_tied]]
    return pl.Series(found.tolist(), dtype=pl.String)


def _play(lives: Lives, made: Reports, unit: Words, pace: Floats, original: Ints) -> pl.DataFrame:
    n, log = lives.n, lives.log
    log.add("reported", lives.everyone, made.at)
    is_void = lives.luck("void", VOID_SHARE)
    why = picked(lives.chance("why"), {"not_found": 0.5, "not_in_scope": 0.3, "already_settled": 0.2}, n)
    log.add("voided", is_void, lives.later(made.at, "void", 1.0, 0.6), reason_code=why)
    is_merged = ~is_void & (original >= 0)
    log.add("merged", is_merged, lives.later(made.at, "merge", 0.6, 0.6), parent=original, is_duplicate=True)
    who = ~is_void & ~is_merged

    registered = lives.later(made.at, "register", 0.5, 0.7)
    log.add("registered", who, registered)
    dispatched = lives.later(registered, "dispatch", 0.4, 0.7)
    is_returned = who & lives.luck("return", RETURNED_SHARE)
    others = np.array([thing.unit_code for thing in things()], dtype=object)
    stranger = others[lives.chance("stranger").integers(0, len(others), n)]
    is_returned &= np.not_equal(stranger, unit)
    first = np.where(is_returned, stranger, unit)
    hours = np.array([thing.limit_hours for thing in things()])[made.told]
    is_urgent = np.array([thing.is_urgent for thing in things()])[made.told]
    due = _limits(lives, dispatched, hours, is_urgent)
    log.add("dispatched", who, dispatched, unit_code=first, due_at=due)
    returned = lives.later(dispatched, "returned", 2.0, 0.6)
    why = picked(lives.chance("why.return"), {"not_in_charge": 0.7, "place_unclear": 0.3}, n)
    log.add("returned", is_returned, returned, unit_code=first, reason_code=why)
    again = lives.later(returned, "again", 0.8, 0.5)
    due = np.where(is_returned, _limits(lives, again, hours, is_urgent), due)
    log.add("dispatched", is_returned, again, unit_code=unit, due_at=due)
    start = np.where(is_returned, again, dispatched)

    handled, due = _work(lives, who, start, due, hours, is_urgent, pace, unit)
    log.add("handled", who, handled, unit_code=unit)
    finished = _check(lives, who, handled, due, hours, pace, unit)
    noticed, settled = lives.press(who, due, finished, unit, lives.levels(unit))
    lives.strike_off(noticed, finished, settled, unit)
    return log.events()


def _limits(lives: Lives, at: Ints, hours: Floats, is_urgent: Mask) -> Ints:
    """Urgent hours run day and night, others in working time; from 24 on they are working days of 24 to the day."""
    straight = at + (hours * HOUR).astype(np.int64)
    days = lives.day_limit(at, np.maximum(hours / 24, 1).astype(np.int64))
    return np.where(is_urgent, straight, np.where(hours < 24, lives.worked(at, hours * HOUR), days))


def _work(
    lives: Lives, who: Mask, start: Ints, due: Ints, hours: Floats, is_urgent: Mask, pace: Floats, unit: Words
) -> tuple[Ints, Ints]:
    """When it is handled and when it is due at last, with extensions and 缓办."""
    log, n = lives.log, lives.n
    share = lognormal(lives.chance("work"), 0.42 * pace, 0.55, n)
    share = np.where(lives.luck("stuck", STUCK_SHARE), share * 4, share)
    asks = who & ~is_urgent & lives.luck("extend", EXTENDED_SHARE)
    share = np.where(asks, np.maximum(share, 0.8) * 1.3, share)
    work = share * np.where(hours < 24, hours, hours / 3) * HOUR  # a limit of 24 hours is a day of eight
    approved = lives.worked(start, work * 0.4) + MINUTE
    is_extended = asks & (approved < due)
    due = np.where(is_extended, lives.day_limit(np.maximum(due - 1, approved), np.full(n, 2)), due)
    log.add("extension_approved", is_extended, approved, unit_code=unit, due_at=due, reason_code="complex")

    is_suspended = who & ~is_urgent & ~asks & lives.luck("suspend", SUSPENDED_SHARE)
    suspended = lives.worked(start, work * 0.3) + MINUTE
    rest = lives.chance("rest").integers(1, 11, n)
    resumed = lives.worked(suspended, rest * 8 * HOUR) + MINUTE
    why = picked(lives.chance("why.suspend"), {"weather": 0.5, "needs_funds": 0.3, "other_works": 0.2}, n)
    log.add("suspended", is_suspended, suspended, unit_code=unit, reason_code=why)
    due = np.where(is_suspended, lives.day_limit(np.maximum(due - 1, resumed), rest), due)
    log.add("resumed", is_suspended, resumed, unit_code=unit, due_at=due)

    handled = np.where(is_urgent, start + (work * 0.7).astype(np.int64), lives.worked(start, work)) + 2 * MINUTE
    handled = np.where(is_extended, np.maximum(handled, approved + MINUTE), handled)
    return np.where(is_suspended, lives.worked(resumed, work * 0.7) + MINUTE, handled), due


def _check(lives: Lives, who: Mask, handled: Ints, due: Ints, hours: Floats, pace: Floats, unit: Words) -> Ints:
    """The check on the spot, rework where it fails, appeals, and the end: when it is closed."""
    log = lives.log
    checked = lives.later(handled, "check", 1.2, 0.7)
    is_failed = who & lives.luck("fail", FAILED_SHARE)
    log.add("checked", who & ~is_failed, checked, check_result="passed")
    log.add("checked", is_failed, checked, check_result="failed")
    reworked = lives.later(checked, "rework", 0.4, 0.5)
    log.add("reworked", is_failed, reworked, unit_code=unit)
    again = lives.later(reworked, "redo", np.minimum(hours, 24) * 0.4 * pace, 0.5)
    log.add("handled", is_failed, again, unit_code=unit)
    rechecked = lives.later(again, "recheck", 1.2, 0.6)
    log.add("checked", is_failed, rechecked, check_result="passed")
    last = np.where(is_failed, rechecked, checked)
    appealed = lives.later(checked, "appeal", 3.0, 0.6)
    is_appealed = (is_failed | (who & (handled > due))) & lives.luck("appealed", APPEALED_SHARE * 8)
    verdict: NDArray[np.object_] = np.where(lives.luck("verdict", 0.35), "accepted", "rejected").astype(object)
    log.add("appealed", is_appealed, appealed, unit_code=unit, appeal_result=verdict)
    closed = lives.later(last, "close", 0.5, 0.6)
    reasons = picked(lives.chance("exclusion"), {"E1": 0.4, "E5": 0.3, "E6": 0.3}, lives.n)
    code = where(lives.luck("excluded", EXCLUDED_SHARE), reasons)
    log.add("closed", who, closed, unit_code=unit, exclusion_code=code)
    return closed
