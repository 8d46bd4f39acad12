"""Seeded stories of cases, told twice: as raw events for the models, and counted in plain Python as the oracle.

The oracle never looks at events: it counts what the story says happened, by the definitions of the catalogue.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from streams.clocks.calendars import definitions
from tests.unit.clocks.oracle import Minutes

ZONES = {"shuifu": ZoneInfo("Asia/Shanghai"), "chicago": ZoneInfo("America/Chicago")}
CITY_AREA = {"shuifu": "530681", "chicago": "1714000"}
START = {"shuifu": datetime(2026, 3, 1), "chicago": datetime(2021, 3, 1)}
DAYS = 75
K = 10

Cell = tuple[str, str, str, date, str, str, str]
"""city, indicator, variant, month, area level, area, unit"""


@dataclass(frozen=True)
class Place:
    grid: str = ""
    community: str = ""
    street: str = ""


@dataclass
class Story:
    city: str
    case_id: str
    received: datetime
    unit: str
    place: Place
    says_where: bool
    due: datetime | None = None
    """As its source says at first, and when it extends the time."""
    extended: datetime | None = None
    deadline: datetime | None = None
    """By our clocks."""
    closings: list[datetime] = field(default_factory=list)
    reopenings: list[datetime] = field(default_factory=list)
    voided: bool = False
    information_only: bool = False
    parent: str = ""
    exclusion: str = ""
    calls: list[tuple[datetime, str, str | None, str | None]] = field(default_factory=list)

    @property
    def counted(self) -> bool:
        return not self.voided and not self.information_only

    @property
    def closed(self) -> datetime | None:
        """Closure in force: the first one after the last re-opening."""
        after = [one for one in self.closings if one > max(self.reopenings, default=datetime.min)]
        return min(after, default=None)

    @property
    def declared(self) -> datetime | None:
        return self.extended or self.due


@cache
def minutes() -> Minutes:
    """All minutes of 水富 that a deadline may lie in, each looked at by itself."""
    return Minutes(definitions()["china"], "Asia/Shanghai", START["shuifu"].date(), DAYS + 40)


def deadline(received: datetime, days: int) -> datetime:
    """The end of the `days`-th working day after that of the receipt."""
    oracle, minute = minutes(), timedelta(minutes=1)
    start = oracle.start.replace(tzinfo=None)
    return start + oracle.due("work_day", days, (received - start) // minute) * minute


def tell(seed: int, grids: list[Place], communities: list[str], units: dict[str, list[str]]) -> list[Story]:
    """About 2,600 cases of both cities, with every turn that a rule speaks of."""
    rnd = random.Random(seed)
    stories: list[Story] = []
    for city, count in (("shuifu", 2_000), ("chicago", 600)):
        mine: list[Story] = []
        for number in range(count):
            received = START[city] + timedelta(minutes=rnd.randrange(DAYS * 1440))
            story = Story(city, f"{city[0].upper()}{number:05d}", received, rnd.choice(units[city]), Place(), False)
            if rnd.random() < 0.9:
                story.says_where = True
                if city == "chicago":
                    story.place = Place(community=rnd.choice(communities))
                elif rnd.random() < 0.95:
                    story.place = rnd.choice(grids[: 1 + int(rnd.paretovariate(0.7)) % len(grids)])
            story.information_only = city == "chicago" and rnd.random() < 0.3
            if mine and rnd.random() < 0.07:
                story.parent = rnd.choice([one.case_id for one in mine] + ["unknown-1", "unknown-2"])
            story.exclusion = rnd.choice(["E1", "E5"]) if rnd.random() < 0.1 else ""
            story.voided = rnd.random() < 0.03
            if city == "shuifu":
                story.due = received + timedelta(days=5)
                if rnd.random() < 0.2:
                    story.extended = received + timedelta(days=rnd.choice([4, 9]))
                story.deadline = deadline(received, 7 if story.extended else 5)  # a call for help, two days more
            _finish(rnd, story)
            mine.append(story)
        stories += mine
    return stories


def _finish(rnd: random.Random, story: Story) -> None:
    if rnd.random() < 0.1:
        return
    closed = story.received + timedelta(minutes=rnd.randrange(0, 12 * 1440))
    edges = (story.deadline, story.declared)
    if (edge := rnd.choice(edges)) and rnd.random() < 0.1:
        closed = edge  # closed at the very deadline
    story.closings.append(closed)
    if story.city == "chicago":
        return
    for attempt in range(rnd.randrange(4)):
        result = rnd.choice(["answered", "answered", "unreachable", "declined"])
        said = result == "answered"
        resolution = rnd.choice(["resolved", "basically_resolved", "unresolved"]) if said else None
        grade = rnd.choice(["very_satisfied", "basically_satisfied", "dissatisfied", None]) if said else None
        story.calls.append((closed + timedelta(days=1 + attempt, hours=3), result, resolution, grade))
    if rnd.random() < 0.1:
        story.reopenings.append(closed + timedelta(days=6))
        if rnd.random() < 0.6:
            story.closings.append(closed + timedelta(days=8))


def events(stories: list[Story]) -> Iterator[dict[str, Any]]:
    """Raw rows of `raw.hotline_ticket`, in no useful order."""
    rows = [row for story in stories for row in _events_of(story)]
    random.Random(7).shuffle(rows)
    for offset, row in enumerate(rows):
        yield row | {"kafka_partition": 0, "kafka_offset": offset}


def _event(city: str, topic: str, subject: str, stage: str, at: datetime, **data: Any) -> dict[str, Any]:
    identity = f"{city}|{topic}|{subject}|{stage}|{at.isoformat()}"
    return {
        "event_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "event_source": f"/{city}/{topic}",
        "event_type": f"city.{topic}.{stage}.v1",
        "event_at_utc": at,
        "recorded_at_utc": at,
        "ingested_at_utc": at,
        "known_at_utc": at,
        "event_date": at.date(),
        "city_code": city,
        "stage": stage,
        "locate_method": "none",
        "is_late": False,
        "late_by_minutes": 0,
        "content_hash": identity,
    } | data


def _events_of(story: Story) -> Iterator[dict[str, Any]]:
    def event(stage: str, at: datetime, **data: Any) -> dict[str, Any]:
        return _event(story.city, "hotline.ticket", story.case_id, stage, at, case_id=story.case_id, **data)

    located: dict[str, Any] = {}
    if story.says_where:
        located = {"area_code": story.place.grid or story.place.community or CITY_AREA[story.city]}
        if story.place.community:
            located |= {
                "grid_code": story.place.grid or None,
                "community_code": story.place.community,
                "street_code": story.place.street or None,
                "locate_method": "declared",
            }
    yield event(
        "accepted",
        story.received,
        due_at_utc=story.due,
        channel="phone",
        request_kind="help",
        is_information_only=story.information_only,
        exclusion_code=story.exclusion or None,
        unit_code=story.unit if story.city == "chicago" else None,
        **located,
    )
    if story.city == "shuifu":
        yield event("dispatched", story.received + timedelta(minutes=1), unit_code=story.unit)
    if story.extended:
        yield event("extension_approved", story.received + timedelta(minutes=2), due_at_utc=story.extended)
    if story.parent:
        merged_at = story.received + timedelta(minutes=3)
        yield event("merged", merged_at, parent_case_id=story.parent, is_duplicate=True)
    if story.voided:
        yield event("voided", story.received + timedelta(minutes=4))
    for at in story.closings:
        yield event("closed", at)
    for at in story.reopenings:
        yield event("reopened", at)
    for at, result, resolution, grade in story.calls:
        yield event("callback_attempted", at, callback_result=result, resolution=resolution, satisfaction=grade)


LIVES = {
    "petition.matter": ["registered", "accepted", "replied", "closed"],
    "department.case": ["reported", "registered", "dispatched", "handled", "checked", "closed"],
    "department.service": ["received", "accepted", "decided", "closed"],
    "department.dispute": ["found", "accepted", "mediated", "agreed", "closed"],
    "grid.report": ["reported", "dispatched", "handled", "closed"],
}
"""Other case source -> the stages of a case that comes to its end."""

OTHER_CASES, INSPECTIONS, DETECTIONS = 90, 20, 12
TELL_INCIDENTS = ("department.case", "grid.report", "petition.matter")
TOLD_TOGETHER = (26, 28, 29, 31)
"""Numbers of the other sources' cases of which fusion says that all TELL_INCIDENTS tell of one incident."""
TURNS = {
    26: ["reported", "registered", "dispatched", "suspended", "resumed", "handled", "checked", "closed"],
    28: ["reported", "registered", "dispatched", "handled", "checked", "closed", "handled"],
}
"""City-management case -> the stages of a life with a pause, and of one that goes on after its end."""


@dataclass(frozen=True)
class Summary:
    """Row of `source_summary`, as far as it counts."""

    requests: int
    completed: int
    open: int
    cancelled: int
    duplicates: int
    information_only: int


def other_sources(place: Place, unit: str) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Summary]]:
    """(Source -> raw rows, case source -> its summary) of shuifu: every source but the tickets, all in one place.

    Of the cases every fifth stays open, every ninth is voided instead; in reports there are inspections too.
    """
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    summaries = {}
    for topic, life in LIVES.items():
        where = {"grid_code": place.grid, "community_code": place.community, "street_code": place.street}
        extra = {"report_kind": "issue"} if topic == "grid.report" else {}
        for number in range(OTHER_CASES):
            stages = [*life[:1], "voided"] if number % 9 == 0 else life[:-1] if number % 5 == 0 else life
            if topic == "department.case":
                stages = TURNS.get(number, stages)
            for step, stage in enumerate(stages):
                at = START["shuifu"] + timedelta(hours=number, minutes=step)
                data = {"case_id": f"X{number:03d}", "unit_code": unit, **extra, **where, "locate_method": "declared"}
                rows[topic].append(_event("shuifu", topic, data["case_id"], stage, at, **data))
        voided = len(range(0, OTHER_CASES, 9))
        left = sum(number % 5 == 0 and number % 9 != 0 for number in range(OTHER_CASES))
        summaries[topic] = Summary(OTHER_CASES, OTHER_CASES - voided - left, left, voided, 0, 0)
    for number in range(INSPECTIONS):
        stage, at = ("inspection_done", "inspection_missed")[number % 2], START["shuifu"] + timedelta(hours=number)
        data = {"case_id": f"I{number:03d}", "report_kind": "inspection"}
        rows["grid.report"].append(_event("shuifu", "grid.report", data["case_id"], stage, at, **data))
    summaries["grid.report"] = dataclasses.replace(summaries["grid.report"], information_only=INSPECTIONS)
    things: dict[str, tuple[str, list[str], dict[str, Any]]] = {
        "hotline.call": ("call_id", ["answered"], {}),
        "camera.detection": (
            "detection_id",
            ["detected", "cleared"],
            {"device_id": "d", "detection_type": "road_damage"},
        ),
        "camera.device": ("device_id", ["heartbeat", "offline", "online"], {}),
        "department.record": ("record_id", ["registered", "completed"], {"record_kind": "task"}),
        "sign.observation": ("sign_code", ["observed", "corrected"], {"reading": 1.5}),
    }
    for topic, (subject, stages, data) in things.items():
        for number in range(DETECTIONS):
            for step, stage in enumerate(stages):
                at = START["shuifu"] + timedelta(days=number, minutes=step)
                name = f"Y{number % 4}" if topic in ("camera.device", "sign.observation") else f"Y{number}"
                rows[topic].append(_event("shuifu", topic, name, stage, at, **{subject: name}, **data))
    return rows, summaries


def busiest(stories: list[Story]) -> tuple[Place, str]:
    """Place and unit of all cases of the other sources."""
    first = next(one for one in stories if one.place.grid)
    return first.place, first.unit


def links() -> Iterator[dict[str, Any]]:
    """Rows of `raw.incident_link`: fusion has weighed some reports of three sources, and joined them."""
    for number in TOLD_TOGETHER:
        for source in TELL_INCIDENTS:
            yield {
                "city_code": "shuifu", "source": source, "subject": f"/shuifu/{source}/X{number:03d}",
                "incident_id": f"{number:032d}", "group_id": f"{number:032d}", "reports": 3, "run_number": 1,
                "told_at_utc": START["shuifu"], "is_first": source == "department.case", "is_declared": False,
                "reasons_zh": "事项相符", "report_mark": "0" * 16,
            }  # fmt: skip


def _other_incidents(stories: list[Story]) -> Iterator[Story]:
    """What the other sources tell of, as cases of their own: a petition and a camera that says not where, nowhere."""
    place, unit = busiest(stories)
    for source in TELL_INCIDENTS:
        for number in range(OTHER_CASES):
            if number % 9 and not (source != TELL_INCIDENTS[0] and number in TOLD_TOGETHER):
                at, is_placed = START["shuifu"] + timedelta(hours=number), source != "petition.matter"
                where = (unit, place) if is_placed else ("", Place())
                yield Story("shuifu", f"{source} {number}", at, *where, is_placed)
    for number in range(DETECTIONS):
        yield Story("shuifu", f"seen {number}", START["shuifu"] + timedelta(days=number), "", Place(), False)


def as_of(stories: list[Story], city: str) -> datetime:
    """Latest known time: the stories' last event."""
    return max(row["known_at_utc"] for one in stories if one.city == city for row in _events_of(one))


def ended(stories: list[Story]) -> set[str]:
    """Cases of one city that are closed; a merged one without a closing of its own, with the next closed above it."""
    known = {one.case_id: one for one in stories}
    found = {one.case_id for one in stories if one.closed}
    for story in stories:
        above = known.get(story.parent)
        while above and not story.closings:
            if above.closed and not above.voided:
                found.add(story.case_id)
                break
            above = known.get(above.parent)
    return found


def month_of(city: str, at: datetime) -> date:
    """First day of the local month of a UTC instant without zone."""
    local = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONES[city])
    return local.date().replace(day=1)


def count(stories: list[Story]) -> dict[Cell, tuple[float, float | None, int]]:
    """Cell -> numerator, denominator (None for counts) and contributing cases, before any suppression."""
    sums: dict[Cell, list[float]] = defaultdict(lambda: [0, 0])
    people: dict[Cell, set[str]] = defaultdict(set)
    now = {city: as_of(stories, city) for city in ZONES}

    def add(story: Story, indicator: str, at: datetime, hit: bool, base: bool, variants: tuple[str, ...]) -> None:
        month = month_of(story.city, at)
        places = [("city", CITY_AREA[story.city])]
        places += [
            (level, code)
            for level, code in (
                ("street", story.place.street),
                ("community", story.place.community if indicator.startswith("G") else ""),
                ("grid", story.place.grid if indicator in ("G01a", "G01b") else ""),
            )
            if code
        ]
        cells = [(level, code, "") for level, code in places]
        cells += [(level, code, story.unit) for level, code in places if story.unit and level in ("city", "street")]
        for variant in variants:
            for level, code, unit in cells:
                cell = (story.city, indicator, variant, month, level, code, unit)
                sums[cell][0] += hit
                sums[cell][1] += base
                if base:
                    people[cell].add(story.case_id)

    for story in stories:
        variants = ("raw",) if story.exclusion else ("raw", "adjusted")
        if not story.counted:
            continue
        add(story, "G01b", story.received, True, True, variants)
        if story.city == "shuifu":
            add(story, "G12", story.received, bool(story.place.grid), story.says_where, variants)
        if story.parent:
            continue
        done = story.closed is not None
        add(story, "T04b", story.received, done, True, variants)
        if story.deadline and story.declared:
            due = done or story.deadline <= now[story.city]
            add(story, "T04a", story.received, done, due, variants)
            on_time = story.closed is not None and story.closed < story.deadline
            add(story, "T03a", story.received, on_time, due, variants)
            due = done or story.declared <= now[story.city]
            on_time = story.closed is not None and story.closed <= story.declared
            add(story, "T03d", story.received, on_time, due, variants)
        for at, result, resolution, grade in story.calls:
            add(story, "R05", at, result == "answered", True, variants)
            if resolution:
                add(story, "R02", at, resolution != "unresolved", True, variants)
            if grade:
                add(story, "R03", at, grade != "dissatisfied", True, variants)
    for variant in ("raw", "adjusted"):
        for story in (*_owners(stories, variant), *_other_incidents(stories)):
            add(story, "G01a", story.received, True, True, (variant,))
    return {
        cell: (hit, None if cell[1] in ("G01a", "G01b") else base, len(people[cell]))
        for cell, (hit, base) in sums.items()
    }


def _owners(stories: list[Story], variant: str) -> Iterator[Story]:
    """First counted member of each incident."""
    known = {(one.city, one.case_id): one for one in stories}
    groups: dict[tuple[str, str], list[Story]] = defaultdict(list)
    for story in stories:
        if not story.counted or (variant == "adjusted" and story.exclusion):
            continue
        top = story.case_id
        while (parent := known.get((story.city, top))) and parent.parent:
            top = parent.parent
        groups[story.city, top].append(story)
    for members in groups.values():
        yield min(members, key=lambda one: (one.received, one.case_id))
