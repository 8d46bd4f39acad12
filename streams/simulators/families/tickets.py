"""Hotline tickets with whole life cycles: every stage in its legal order, drawn for all tickets at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from streams.simulators.families.lives import Lives, Notices, Words, where
from streams.simulators.town.dice import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Dice,
    Floats,
    Ints,
    Mask,
    end_of_day,
    lognormal,
    pick,
)
from streams.simulators.town.ground import Ground
from streams.simulators.town.incidents import HOTLINE
from streams.simulators.town.scenario import KINDS, LIMIT_DAYS, MANNERS, TOWN_PACE, TOWN_UNITS, Scenario
from streams.simulators.town.seasons import CALLS_BY_HOUR
from streams.simulators.town.things import mistaken
from streams.simulators.town.world import World

NEVER = np.iinfo(np.int64).max

REASONS = {
    "returned": ("not_in_charge", "place_unclear", "wrong_unit"),
    "extension_requested": ("needs_funds", "complex", "weather"),
    "paused": ("awaiting_material", "awaiting_court", "seasonal"),
    "voided": ("withdrawn", "test_call", "no_content"),
}
"""Stage -> codes of why, as the hotline writes them."""

CHANNELS = ("phone", "mini_program", "app", "web", "grid_app", "letterbox", "other")
CHANNEL_WEIGHTS = np.array([62, 15, 10, 5, 5, 2, 1], dtype=np.float64)

INFORMATION_SHARE, VOID_SHARE, DECLARED_REPEATS = 0.09, 0.012, 0.45
DIRECT_SHARE = 0.42
"""Of consultations: answered on the line, no dispatch."""
RETURNED_SHARE, PAUSED_SHARE, EXTENSION_SHARE = 0.07, 0.04, 0.07
STUCK_SHARE = 0.02
"""Of dispatched tickets: take five times as long."""
VERIFIED_SHARE, CONTACTED_SHARE, CALLED_BACK_SHARE, RATED_SHARE, REOPENED_SHARE = 0.55, 0.44, 0.62, 0.10, 0.30
ANSWERED_SHARE, DECLINED_SHARE = 0.60, 0.08
"""Of call-back attempts; the rest is unreachable and tried again, three times at most."""

NOTICES = Notices((0.5, 0.6, 0.6), ((4, 12), (30, 50), (50, 80)), (2, 10), 0.9, (1, 6))

WET_MATTERS = {"1201": 4.0, "1202": 9.0, "0404": 2.0, "0109": 1.5}
"""Category code -> how many times as frequent on a rainy day."""

EXCLUSIONS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
EXCLUSION_WEIGHTS = np.array([30, 6, 3, 6, 18, 20, 5, 12], dtype=np.float64)
EXCLUDED_SHARE, LEGACY_SHARE = 0.025, 0.004

SATISFACTION = ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied")
SATISFACTION_OF = {
    "resolved": (0.46, 0.38, 0.11, 0.04, 0.01),
    "basically_resolved": (0.12, 0.42, 0.31, 0.11, 0.04),
    "unresolved": (0.03, 0.14, 0.30, 0.33, 0.20),
}
RESOLUTIONS = tuple(SATISFACTION_OF)

LOCATED_SHARE, OUTSIDE_SHARE, DECLARED_SHARE, NOWHERE_SHARE = 0.885, 0.008, 0.065, 0.042
"""Of tickets: a point inside of a grid; a point across the border; only an area code; no place at all."""

STATUS = {
    "accepted": "待派单",
    "dispatched": "已派单",
    "returned": "退单待审",
    "signed": "办理中",
    "contacted": "办理中",
    "extension_requested": "延期审核",
    "extension_approved": "办理中",
    "paused": "挂起",
    "resumed": "办理中",
    "escalated": "催办",
    "supervision_issued": "督办",
    "supervision_answered": "督办",
    "supervision_closed": "督办办结",
    "handled": "待核实",
    "verified": "待结案",
    "closed": "已办结",
    "callback_attempted": "回访中",
    "rated": "已评价",
    "reopened": "重办",
    "struck_off": "销号",
    "voided": "作废",
    "merged": "并案",
}


@dataclass(frozen=True)
class Tickets:
    """`cases`: one row per ticket, in order of receipt; `events`: see Log; `parent` is a row of `cases`.

    Places are the truth by construction: `home` is the row of the grid, `owner` that of the unit,
    `telling` that of the hotline's tellings of true incidents (-1: an incident of its own), `fault` its wrong category.
    """

    cases: pl.DataFrame
    events: pl.DataFrame
    received: Ints
    home: Ints
    matter: Ints
    owner: Ints
    telling: Ints
    fault: Ints


def tickets(world: World, n: int) -> Tickets:
    """Draw n tickets received inside the world's span and their lives, to whatever end they come."""
    dice, ground, scenario = world.dice, world.ground, world.scenario
    told = world.incidents.told_by(HOTLINE)
    alone, day = world.season.draw(dice.of("ticket.received"), CALLS_BY_HOUR, max(1, n - told.height))
    grid = ground.draw(dice.of("ticket.grid"), len(alone))
    matter = _matters(dice, scenario, ground.is_urban[grid], world.season.is_rainy[day])
    families = [m.family for m in scenario.matters]
    wrong, fault = mistaken(dice.of("ticket.fault"), told["matter"].to_numpy(), told["fault"].to_numpy(), families)

    order = np.argsort(np.concatenate([alone, told["at"].to_numpy()]), kind="stable")
    both = {
        "received": (alone, told["at"].to_numpy()),
        "home": (grid, told["grid"].to_numpy()),
        "matter": (matter, wrong),
        "telling": (np.full(len(alone), -1), np.arange(told.height)),
        "fault": (np.zeros(len(alone), dtype=np.int64), fault),
    }
    received, home, matter, telling, fault = (np.concatenate(parts)[order] for parts in both.values())
    original = _originals(dice, told["incident"].to_numpy(), telling)
    cases = _cases(dice, scenario, matter, telling >= 0)
    owner = _owners(dice, scenario, ground, home, matter)
    town_pace = np.array([TOWN_PACE[grid.street_code] for grid in ground.grids])[home]
    lives = _TicketLives(
        "ticket",
        world,
        len(received),
        cases=cases,
        owner=owner,
        town_pace=town_pace,
        received=received,
        original=original,
    )
    points = (told["longitude"].to_numpy(), told["latitude"].to_numpy())
    cases = cases.hstack(_places(dice, ground, home, telling, points))
    return Tickets(cases, lives.play(), received, home, matter, owner, telling, fault)


def _matters(dice: Dice, world: Scenario, is_urban: Mask, is_rainy: Mask) -> Ints:
    urban, rural = world.per_matter("urban_weight"), world.per_matter("rural_weight")
    wet = np.array([WET_MATTERS.get(matter.category_code, 1.0) for matter in world.matters])
    found = np.zeros(len(is_urban), dtype=np.int64)
    rng = dice.of("ticket.matter")
    for weights, there in ((urban, is_urban), (rural, ~is_urban)):
        for boost, when in ((wet, is_rainy), (1.0, ~is_rainy)):
            rows = np.flatnonzero(there & when)
            found[rows] = pick(rng, weights * boost, len(rows))
    return found


def _originals(dice: Dice, incident: Ints, telling: Ints) -> Ints:
    """Row of the first ticket of the incident, where the hotline declares a later one its repetition; else -1."""
    rows = np.flatnonzero(telling >= 0)
    of = incident[telling[rows]]
    _, first, number = np.unique(of, return_index=True, return_inverse=True)  # rows are in order of receipt
    found = np.full(len(telling), -1, dtype=np.int64)
    found[rows] = rows[first[number]]
    is_declared = (found != np.arange(len(telling))) & (
        dice.of("ticket.repeat").random(len(telling)) < DECLARED_REPEATS
    )
    return np.where(is_declared, found, -1)


def _owners(dice: Dice, world: Scenario, ground: Ground, home: Ints, matter: Ints) -> Ints:
    """Index of the body in charge: the matter's bureau or the town."""
    bureau = np.array([world.unit_index(m.unit_code) for m in world.matters])[matter]
    towns = {street: world.unit_index(unit) for street, unit in TOWN_UNITS.items()}
    town = np.array([towns[grid.street_code] for grid in ground.grids])[home]
    return np.where(dice.of("ticket.owner").random(len(home)) < world.per_matter("town_share")[matter], town, bureau)


def _cases(dice: Dice, world: Scenario, matter: Ints, is_shared: Mask) -> pl.DataFrame:
    n, rng = len(matter), dice.of("ticket.cases")
    manner = np.array([list(MANNERS).index(m.manner) for m in world.matters])[matter]
    cumulated = np.cumsum(np.array(list(MANNERS.values())), axis=1)[manner]
    kind = (rng.random(n)[:, None] >= cumulated).sum(axis=1).clip(max=len(KINDS) - 1)
    is_urgent = rng.random(n) < world.per_matter("urgent_share")[matter]
    is_information = (rng.random(n) < INFORMATION_SHARE) & ~is_urgent & ~is_shared
    kind[is_information] = KINDS.index("consult")
    channel = pick(rng, CHANNEL_WEIGHTS, n)
    return pl.DataFrame(
        {
            "category_code": np.array([m.category_code for m in world.matters])[matter],
            "category_name": np.array([m.name_zh for m in world.matters])[matter],
            "request_kind": np.array(KINDS)[kind],
            "urgency": np.where(is_urgent, "urgent", "normal"),
            "channel": np.array(CHANNELS)[channel],
            "is_information_only": is_information,
        }
    )


def _places(dice: Dice, ground: Ground, home: Ints, telling: Ints, points: tuple[Floats, Floats]) -> pl.DataFrame:
    """What each ticket says of its place, and (`true_…`) what follows from it."""
    n, rng = len(home), dice.of("ticket.place")
    how = pick(rng, np.array([LOCATED_SHARE, OUTSIDE_SHARE, DECLARED_SHARE, NOWHERE_SHARE]), n)
    is_shared = telling >= 0
    how = np.where(is_shared, 0, how)
    is_located, is_outside, is_declared = how == 0, how == 1, how == 2
    longitude, latitude = ground.points(rng, home)
    longitude[is_shared], latitude[is_shared] = (axis[telling[is_shared]] for axis in points)
    far_longitude, far_latitude = ground.points_outside(rng, n)
    longitude, latitude = np.where(is_outside, far_longitude, longitude), np.where(is_outside, far_latitude, latitude)
    # A point may come with its community's code as well; a code alone may be of a grid, a community or a street.
    level = rng.random(n)
    says_code = (is_located & (level < 0.5)) | (is_outside & (level < 0.4)) | is_declared
    codes = {name: ground.column(name)[home] for name in ("grid_code", "community_code", "street_code")}
    says_grid, says_street = is_declared & (level < 0.25), is_declared & (level >= 0.75)
    code = np.where(says_grid, codes["grid_code"], np.where(says_street, codes["street_code"], codes["community_code"]))
    has_point = is_located | is_outside
    in_grid = is_located | says_grid
    in_community = in_grid | (says_code & ~says_street)
    return pl.DataFrame(
        {
            "longitude": _only(longitude, has_point, pl.Float64),
            "latitude": _only(latitude, has_point, pl.Float64),
            "area_code": _only(code, says_code, pl.String),
            "true_grid_code": _only(codes["grid_code"], in_grid, pl.String),
            "true_community_code": _only(codes["community_code"], in_community, pl.String),
            "true_street_code": _only(codes["street_code"], in_community | says_street, pl.String),
            "has_location": has_point | says_code,
        }
    )


def _only(values: Words | Floats, keep: Mask, kind: type[pl.DataType]) -> pl.Series:
    return pl.select(pl.when(pl.Series(keep)).then(pl.Series(values.tolist(), dtype=kind))).to_series()


@dataclass(kw_only=True)
class _TicketLives(Lives):
    """Draws the stages; each step takes the times of the one before. `unit` is who holds the ticket now."""

    cases: pl.DataFrame
    owner: Ints
    town_pace: Floats
    received: Ints
    original: Ints

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_urgent = (self.cases["urgency"] == "urgent").to_numpy()
        self.kind = self.cases["request_kind"].to_numpy()
        self.is_information = self.cases["is_information_only"].to_numpy()
        self.limit_days = np.array([LIMIT_DAYS[kind] for kind in self.kind.tolist()], dtype=np.int64)
        same_day = end_of_day(self.received + np.where(self.received % DAY > 20 * HOUR, DAY, 0))
        self.due = np.where(self.is_urgent, same_day, self.day_limit(self.received, self.limit_days))
        self.pace = self.world.scenario.pace[self.owner] * self.town_pace

    def reasons(self, stage: str) -> Words:
        codes = np.array(REASONS[stage], dtype=object)
        return codes[self.chance(f"why.{stage}").integers(0, len(codes), self.n)]

    def units(self, index: Ints) -> Words:
        return self.world.scenario.unit_codes[index]

    def later(self, at: Ints, name: str, median_hours: float | Floats, sigma: float) -> Ints:
        """After a lognormal working time; urgent matters don't wait for office hours and go four times as fast."""
        hours = lognormal(self.chance(name), median_hours, sigma, self.n)
        straight = at + (hours * HOUR / 4).astype(np.int64)
        return np.where(self.is_urgent, straight, self.worked(at, hours * HOUR)) + SECOND

    def play(self) -> pl.DataFrame:
        """All events of all tickets."""
        fate = self.chance("fate").random(self.n)
        self.log.add("accepted", np.ones(self.n, dtype=bool), self.received, due_at=self.due)
        self._answer_at_once(self.is_information)
        open_ = ~self.is_information
        is_void = open_ & (fate < VOID_SHARE)
        at = self.received + (lognormal(self.chance("void"), 60, 0.8, self.n) * MINUTE).astype(np.int64)
        self.log.add("voided", is_void, at, reason_code=self.reasons("voided"))
        # An urgent repeat is handled all the same; nobody merges into a call that was information only.
        is_merged = open_ & ~is_void & ~self.is_urgent & (self.original >= 0) & ~self.is_information[self.original]
        at = self.received + (lognormal(self.chance("merge"), 35, 0.7, self.n) * MINUTE).astype(np.int64)
        self.log.add("merged", is_merged, at, parent=self.original, is_duplicate=True)
        open_ &= ~is_void & ~is_merged
        is_direct = open_ & (self.kind == "consult") & (fate > 1 - DIRECT_SHARE) & ~self.is_urgent
        answered = self._answer_at_once(is_direct)
        closed, is_closed = self._handle(open_ & ~is_direct)
        self._follow_up(np.where(is_direct, answered, closed), is_direct | is_closed)
        return self.log.events()

    def _answer_at_once(self, who: Mask) -> Ints:
        at = self.received + (lognormal(self.chance("answer"), 9, 0.6, self.n) * MINUTE).astype(np.int64)
        self.log.add("closed", who, at)
        return at

    def _handle(self, who: Mask) -> tuple[Ints, Mask]:
        """From dispatch to the first closing: (closed at, is closed); E9 matters stay paused."""
        unit = self.units(self.owner)
        dispatched = self.received + (lognormal(self.chance("dispatch"), 38, 0.9, self.n) * MINUTE).astype(np.int64)
        dispatched = np.where(self.is_urgent, self.received + (dispatched - self.received) // 6, dispatched) + SECOND
        is_returned = who & self.luck("return", RETURNED_SHARE)
        units = len(self.world.scenario.unit_codes)
        stranger = (self.owner + 1 + self.chance("stranger").integers(0, 20, self.n)) % units
        first = np.where(is_returned, self.units(stranger), unit)
        self.log.add("dispatched", who, dispatched, unit_code=first)
        returned = self.later(dispatched, "returned", 4.0, 0.6)
        self.log.add("returned", is_returned, returned, unit_code=first, reason_code=self.reasons("returned"))
        again = self.later(returned, "again", 1.5, 0.6)
        self.log.add("dispatched", is_returned, again, unit_code=unit)
        dispatched = np.where(is_returned, again, dispatched)
        signed = self.later(dispatched, "sign", 1.2 * self.pace / 0.45, 0.7)
        self.log.add("signed", who, signed, unit_code=unit)
        handled, is_handled = self._work(who, signed, unit)
        closed = self._close(is_handled, handled, unit)
        self._press(who, np.where(is_handled, closed, NEVER), unit)
        return closed, is_handled

    def _work(self, who: Mask, signed: Ints, unit: Words) -> tuple[Ints, Mask]:
        """The unit's own work, with extensions and pauses; moves `due` where the source gave a new one."""
        contacted = self.later(signed, "contact", 1.0, 0.7)
        limit = np.where(self.is_urgent, 6.0, self.limit_days * 8.0)
        share = lognormal(self.chance("work"), self.pace, 0.6, self.n)
        share = np.where(self.luck("stuck", STUCK_SHARE), share * 5, share)
        asks = who & ~self.is_urgent & self.luck("ask", EXTENSION_SHARE)
        share = np.where(asks, np.maximum(share, 0.75) * 1.25, share)
        work = share * limit * HOUR * 0.9
        asked = self.worked(signed, work * 0.6) + MINUTE
        approved = self.worked(asked, self.chance("approve").uniform(0.5, 6.0, self.n) * HOUR) + MINUTE
        is_approved = asks & self.luck("approved", 0.85) & (approved < self.due)
        extended = self.day_limit(np.maximum(self.due - DAY, approved), np.maximum(self.limit_days // 2, 2))
        why = self.reasons("extension_requested")
        self.log.add("extension_requested", asks & (asked < self.due), asked, unit_code=unit, reason_code=why)
        self.log.add("extension_approved", is_approved, approved, unit_code=unit, due_at=extended)
        self.due = np.where(is_approved, extended, self.due)

        fate = self.chance("pause").random(self.n)
        is_legacy = who & ~self.is_urgent & (fate < LEGACY_SHARE)
        is_paused = who & ~self.is_urgent & (fate < LEGACY_SHARE + PAUSED_SHARE) & ~asks
        paused = self.worked(signed, work * 0.3) + MINUTE
        rest = self.chance("rest").integers(1, 9, self.n) * 8 * HOUR
        resumed = self.worked(paused, rest) + MINUTE
        legacy = where(is_legacy, "E9")
        why = self.reasons("paused")
        self.log.add("paused", is_paused, paused, unit_code=unit, exclusion_code=legacy, reason_code=why)
        is_resumed = is_paused & ~is_legacy
        later_due = self.day_limit(np.maximum(self.due - DAY, resumed), rest // (8 * HOUR))
        self.log.add("resumed", is_resumed, resumed, unit_code=unit, due_at=later_due)
        self.due = np.where(is_resumed, later_due, self.due)

        straight = signed + work.astype(np.int64)
        handled = np.where(self.is_urgent, straight, self.worked(signed, work)) + 2 * MINUTE
        handled = np.where(is_resumed, self.worked(resumed, work * 0.7) + MINUTE, handled)
        handled = np.where(asks, np.maximum(handled, approved + MINUTE), handled)
        is_contacted = who & self.luck("contacted", CONTACTED_SHARE) & (contacted < handled)
        self.log.add("contacted", is_contacted, contacted, unit_code=unit)
        is_handled = who & ~(is_paused & is_legacy)
        self.log.add("handled", is_handled, handled, unit_code=unit)
        return handled, is_handled

    def _close(self, who: Mask, handled: Ints, unit: Words) -> Ints:
        verified = self.later(handled, "verify", 1.2, 0.7)
        is_verified = who & self.luck("verified", VERIFIED_SHARE)
        self.log.add("verified", is_verified, verified)
        closed = self.later(np.where(is_verified, verified, handled), "close", 0.6, 0.6)
        rng = self.chance("exclude")
        code = np.array(EXCLUSIONS, dtype=object)[pick(rng, EXCLUSION_WEIGHTS, self.n)]
        code = where(rng.random(self.n) < EXCLUDED_SHARE, code)
        self.log.add("closed", who, closed, unit_code=unit, exclusion_code=code)
        return closed

    def _press(self, who: Mask, closed: Ints, unit: Words) -> None:
        """Overdue tickets: escalated to the city at once, some with notices while still open, struck off at last."""
        rng = self.chance("press")
        at = self.pressed_at(rng, self.due)
        is_escalated = self.escalate(rng, who & (closed > self.due), at, closed, unit, self.levels(unit), "city")
        _, was_answered, settled = self.notice(rng, is_escalated, at, closed, unit, NOTICES)
        is_struck = was_answered & (closed < NEVER) & (rng.random(self.n) < 0.8)
        struck = self.later(np.where(is_struck, np.maximum(settled, closed), self.received), "strike_off", 12.0, 0.5)
        self.log.add("struck_off", is_struck, struck, unit_code=unit)

    def _follow_up(self, closed: Ints, who: Mask) -> None:
        """Call-backs, ratings, and what is taken up again because the caller says it is not resolved."""
        called = who & ~self.is_information & self.luck("callback", CALLED_BACK_SHARE)
        last, verdict, answered = self._call_back(called, closed, "callback", 0.0)
        rng = self.chance("rate")
        is_app = np.isin(self.cases["channel"].to_numpy(), ("app", "mini_program", "web"))
        is_rated = who & ~self.is_information & (rng.random(self.n) < np.where(is_app, 0.3, RATED_SHARE / 3))
        rated = closed + (lognormal(rng, 9.0, 0.9, self.n) * HOUR).astype(np.int64)
        self.log.add("rated", is_rated, rated, satisfaction=self._satisfaction(rng, np.zeros(self.n, dtype=np.int64)))

        is_reopened = answered & (verdict == RESOLUTIONS.index("unresolved")) & self.luck("reopen", REOPENED_SHARE)
        reopened = self.later(last, "reopened", 2.0, 0.6)
        unit = self.units(self.owner)
        due = self.day_limit(reopened, np.full(self.n, 5))
        self.log.add("reopened", is_reopened, reopened, unit_code=unit, due_at=due)
        handled = self.later(reopened, "rework", 22.0 * self.pace, 0.5)
        self.log.add("handled", is_reopened, handled, unit_code=unit)
        again = self.later(handled, "reclose", 1.5, 0.6)
        self.log.add("closed", is_reopened, again, unit_code=unit)
        recalled = is_reopened & self.luck("recall", 0.8)
        self._call_back(recalled, again, "recall", 0.12)

    def _call_back(self, who: Mask, closed: Ints, name: str, better: float) -> tuple[Ints, Ints, Mask]:
        """Up to three attempts: (time of the last, index of the resolution said, is answered)."""
        rng = self.chance(f"{name}.talk")
        resolved = np.clip(self.world.scenario.resolved_share[self.owner] + better, 0, 0.97)
        resolved = resolved - np.where(closed > self.due, 0.12, 0.0) + np.where(self.kind == "consult", 0.05, 0.0)
        said = rng.random(self.n)
        verdict = np.where(said < 0.76 * resolved, 0, np.where(said < resolved, 1, 2)).astype(np.int64)
        satisfaction = self._satisfaction(rng, verdict)
        at, trying, answered = closed, who, np.zeros(self.n, dtype=bool)
        for attempt in range(3):
            at = np.where(trying, self.later(at, f"{name}.{attempt}", 6.0 if attempt == 0 else 3.5, 0.6), at)
            luck = rng.random(self.n)
            is_answered = trying & (luck < ANSWERED_SHARE)
            is_declined = trying & ~is_answered & (luck < ANSWERED_SHARE + DECLINED_SHARE)
            result = np.where(is_answered, "answered", np.where(is_declined, "declined", "unreachable"))
            resolution = where(is_answered, np.array(RESOLUTIONS, dtype=object)[verdict])
            grade = where(is_answered, satisfaction)
            words = {"callback_result": result, "resolution": resolution, "satisfaction": grade}
            self.log.add("callback_attempted", trying, at, **words)
            answered |= is_answered
            trying = trying & ~is_answered & ~is_declined
        return at, verdict, answered

    def _satisfaction(self, rng: np.random.Generator, verdict: Ints) -> Words:
        cumulated = np.cumsum(np.array(list(SATISFACTION_OF.values())), axis=1)[verdict]
        grade = (rng.random(self.n)[:, None] >= cumulated).sum(axis=1).clip(max=len(SATISFACTION) - 1)
        return np.array(SATISFACTION, dtype=object)[grade]
