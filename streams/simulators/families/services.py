"""Applications for government services with whole lives: received, accepted, decided, delivered, closed, rated.

Applications as matters only: no applicant, no enterprise, no document. The catalogue that they choose from is the
one that `registers.py` registers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulators.families.lives import (
    OFFICE_BY_HOUR,
    Lives,
    Menu,
    known_lives,
    month_of,
    office_days,
    pick_each,
    picked,
    where,
)
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Ints, Mask, end_of_day, lognormal, pick
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.world import World

TOPIC, SOURCE, SCHEME = "city.department.service.v1", "/shuifu/service-hall", "service"
PER_DAY = 40.0
"""At scale 1: 15 months make about 18,300 applications and 85,000 events."""
DELAYS = Delays(40, (0.03, 5 * MINUTE, 3 * HOUR), (0.006, 25 * HOUR, 5 * DAY), (0.0008, 38 * DAY, 42 * DAY))

ITEMS, ONLINE_SHARE = 4483, 0.92
"""The catalogue as the account tells of it: items, and those that can be done online at the end of the span."""
UPGRADED_SHARE = 0.045
"""Of the items: went online only during the span."""
INTEGRATED_SHARE = 0.03
SUBJECT_KINDS = {"individual": 58, "enterprise": 34, "organisation": 8}
STATUTORY_DAYS = {"1": 30, "5": 12, "7": 8, "10": 14, "15": 14, "20": 14, "30": 6, "45": 2}
INSTANT_SHARE = 0.4
"""Of the items: done while one waits, so the unit commits itself to no day at all."""

CHANNELS = {"window": 45, "online": 34, "app": 13, "self_service": 6, "mail": 2}
OFFLINE_CHANNELS = {"window": 92, "self_service": 4, "mail": 4}
VOID_SHARE, REFUSED_SHARE, SUPPLEMENT_SHARE, UNANSWERED_SHARE, EXTENDED_SHARE = 0.004, 0.014, 0.055, 0.08, 0.5
STUCK_SHARE, DOCUMENT_SHARE, EXCLUDED_SHARE, RATED_SHARE, RECTIFIED_SHARE = 0.012, 0.38, 0.004, 0.22, 0.93
REASONS = {"documents_missing": 5, "not_in_charge": 3, "conditions_not_met": 4}
DECISIONS = {"granted": 965, "refused": 20, "withdrawn": 15}
RATINGS = {"very_good": 845, "good": 115, "fair": 24, "poor": 10, "very_poor": 6}

STATUS = {
    "received": "已收件",
    "accepted": "已受理",
    "not_accepted": "不予受理",
    "supplement_requested": "待补正",
    "supplemented": "已补正",
    "extended": "延期办理",
    "decided": "已办结待出件",
    "delivered": "已送达",
    "closed": "已办结",
    "rated": "已评价",
    "rectified": "差评已整改",
    "voided": "作废",
    "escalated": "提级办理",
    "supervision_issued": "督办",
    "supervision_answered": "督办",
    "supervision_closed": "督办办结",
    "struck_off": "销号",
}


def play(world: World) -> Family:
    """Applications handed in inside the season's window and their lives, to whatever end they come."""
    return _Services("service", world, world.count(PER_DAY)).play()


def catalogue(world: World) -> pl.DataFrame:
    """One row per service item: service_code, what and whose it is, its days, `online_since` (local ms, null: never).

    4,483 items at scale 1 and above, fewer below; exactly 92 % of them are online at the end of the span.
    """
    n = max(1, round(ITEMS * min(1.0, world.parameters.scale)))
    menu, rng = Menu.of(world, "services", SCHEME), world.dice.of("service.catalogue")
    kind = pick(rng, np.sqrt(menu.by_month.sum(axis=0)), n)
    statutory = picked(rng, STATUTORY_DAYS, n).astype(np.int64)
    # Bodies promise to need about 30 % of the days that the law gives them.
    committed = np.maximum(1, np.round(statutory * rng.uniform(0.12, 0.42, n))).astype(np.int64)
    committed = np.where((rng.random(n) < INSTANT_SHARE) & (statutory <= 10), 0, committed)
    order = rng.permutation(n)
    online, later = round(n * ONLINE_SHARE), round(n * UPGRADED_SHARE)
    since = world.start + (rng.random(n) * (world.end - 1 - world.start)).astype(np.int64)
    since = np.where(order < online - later, world.start, since)
    return menu.rows[kind].with_columns(
        pl.Series("service_code", [f"SF-ZW-{number:05d}" for number in range(1, n + 1)]),
        pl.Series("menu_row", kind),
        pl.Series("subject_kind", picked(rng, SUBJECT_KINDS, n).tolist()),
        pl.Series("statutory_work_days", statutory),
        pl.Series("committed_work_days", committed),
        pl.when(pl.Series(order) < online).then(pl.Series(since)).alias("online_since"),
        pl.Series("is_integrated", rng.random(n) < INTEGRATED_SHARE),
        pl.Series("demand", lognormal(rng, 1.0, 1.6, n)),
    )


class _Services(Lives):
    """Draws the stages; each step takes the times of the one before."""

    def play(self) -> Family:
        self._draw()
        self._handle(self._take_in())
        events = told(self.log.events(), self.cases, {"received"}).with_columns(
            category_scheme=pl.when(pl.col("category_code").is_not_null()).then(pl.lit(SCHEME)),
            status_native=pl.col("stage").replace_strict(STATUS),
        )
        return Family(TOPIC, SOURCE, self.cases, events, DELAYS, frozenset({"received"}), as_known=as_known)

    def _draw(self) -> None:
        items, menu = catalogue(self.world), Menu.of(self.world, "services", SCHEME)
        season = office_days(self.world.season, 0.12, menu)
        self.received, _ = season.draw(self.chance("received"), OFFICE_BY_HOUR, self.n)
        demand = items["demand"].to_numpy() * menu.by_month[:, items["menu_row"].to_numpy()]
        item = pick_each(self.chance("item"), demand, month_of(self.received))
        self.item, self.home = items[item], self.homes()
        self.unit, self.pace = self.handlers(menu, self.item["menu_row"].to_numpy(), self.home)
        self.committed = self.item["committed_work_days"].to_numpy()
        is_online = (self.item["online_since"] <= pl.Series(self.received)).fill_null(value=False).to_numpy()
        offline = picked(self.chance("counter"), OFFLINE_CHANNELS, self.n)
        self.channel = np.where(is_online, picked(self.chance("channel"), CHANNELS, self.n), offline)
        self.is_remote = np.isin(self.channel, ("online", "app"))
        told_of_item = ["service_code", "subject_kind", "category_code", "category_name", "is_integrated"]
        days = ["committed_work_days", "statutory_work_days"]
        self.cases = pl.DataFrame(
            {"case_id": self.world.numbers("ZW", self.received), "channel": self.channel.tolist()}
        ).hstack([*self.item[told_of_item + days], *self.places(self.home)])

    def _take_in(self) -> Mask:
        """Receipt until acceptance; moves `accepted`. Who is not accepted ends here."""
        unit = self.unit
        self.log.add("received", self.everyone, self.received, unit_code=unit)
        fate = self.chance("fate").random(self.n)
        is_void = fate < VOID_SHARE
        self.log.add("voided", is_void, self.later(self.received, "voided", 5, 0.8), reason_code="entered_in_error")
        looked = self.later(self.received, "look", np.where(self.is_remote, 2.5, 0.15) * self.pace, 0.7)
        asked = ~is_void & self.luck("supplement", SUPPLEMENT_SHARE)
        self.log.add("supplement_requested", asked, looked, unit_code=unit, reason_code="documents_missing")
        answered = self.after(looked, "supplemented", 2.5, 0.9)
        is_silent = asked & self.luck("silent", UNANSWERED_SHARE)
        given_up = self.day_limit(looked, np.full(self.n, 30)) + 9 * HOUR
        self.log.add("voided", is_silent, given_up, unit_code=unit, reason_code="not_supplemented")
        is_back = asked & ~is_silent
        self.log.add("supplemented", is_back, answered)
        ready = np.where(is_back, self.later(answered, "look.again", 1.5 * self.pace, 0.6), looked)
        is_refused = ~is_void & ~asked & (fate > 1 - REFUSED_SHARE)
        reason = picked(self.chance("reason"), REASONS, self.n)
        self.log.add("not_accepted", is_refused, ready, unit_code=unit, reason_code=reason)
        self.log.add("closed", is_refused, self.later(ready, "refused", 0.5, 0.5), unit_code=unit)
        self.accepted = ready + 20_000
        return ~is_void & ~is_silent & ~is_refused

    def _handle(self, who: Mask) -> None:
        unit, is_instant = self.unit, self.committed == 0
        limit = self.day_limit(self.accepted, self.committed)
        self.due = np.where(is_instant, end_of_day(self.accepted), limit)
        self.log.add("accepted", who, self.accepted, unit_code=unit, due_at=self.due)

        rng = self.chance("work")
        share = 0.5 * self.pace * np.exp(0.45 * rng.standard_normal(self.n))
        share = np.where(self.luck("stuck", STUCK_SHARE), share * 4, share)
        minutes = lognormal(self.chance("instant"), 9.0, 0.7, self.n)
        work = np.where(is_instant, minutes * MINUTE, np.minimum(share, 6) * self.committed * 8 * HOUR + MINUTE)
        decided = self.worked(self.accepted, work) + MINUTE
        asked = self.due - (self.chance("ask").uniform(5, 20, self.n) * HOUR).astype(np.int64)
        is_extended = who & (self.committed >= 3) & (decided > self.due) & (asked > self.accepted)
        is_extended &= self.luck("extended", EXTENDED_SHARE)
        extended = self.day_limit(self.due - DAY, np.maximum(self.committed // 2, 2))
        self.due = np.where(is_extended, extended, self.due)
        self.log.add("extended", is_extended, asked, unit_code=unit, due_at=self.due, reason_code="needs_inspection")
        decision = picked(self.chance("decision"), DECISIONS, self.n)
        self.log.add("decided", who, decided, unit_code=unit, decision=decision)
        was_noticed, settled = self.press(who, self.due, decided, unit, self.levels(unit))

        has_document = who & (decision == "granted") & self.luck("document", DOCUMENT_SHARE)
        is_mailed = has_document & (self.is_remote | (self.channel == "mail"))
        delivered = np.where(
            is_mailed, self.after(decided, "mailed", 2.2, 0.4), self.later(decided, "picked_up", 1.5, 0.9)
        )
        self.log.add("delivered", has_document, delivered, unit_code=unit)
        closed = self.later(np.where(has_document, delivered, decided), "closed", 0.3, 0.6)
        self._close(who, closed, is_mailed, has_document)
        self.strike_off(was_noticed, closed, settled, unit)
        self._rate(who, closed)

    def _close(self, who: Mask, closed: Ints, is_mailed: Mask, has_document: Mask) -> None:
        again = picked(self.chance("visits"), {"0": 90, "1": 8, "2": 2}, self.n).astype(np.int64)
        comes = ~self.is_remote & (self.channel != "mail")
        fetches = has_document & ~is_mailed & ~comes
        visits = np.where(comes, 1 + again, fetches.astype(np.int64))
        code = where(self.luck("excluded", EXCLUDED_SHARE), "E5")
        is_throughout = self.is_remote & (visits == 0)
        self.log.add(
            "closed",
            who,
            closed,
            unit_code=self.unit,
            visits=visits,
            is_online_throughout=is_throughout,
            exclusion_code=code,
        )

    def _rate(self, who: Mask, closed: Ints) -> None:
        """好差评; a bad rating is rectified within 15 working days, mostly."""
        at_once = closed + (lognormal(self.chance("rated.at_once"), 4, 0.6, self.n) * MINUTE).astype(np.int64)
        rated = np.where(self.is_remote, self.after(closed, "rated", 1.2, 0.9), at_once)
        is_rated = who & self.luck("rated", RATED_SHARE)
        grade = picked(self.chance("grade"), RATINGS, self.n)
        self.log.add("rated", is_rated, rated, rating=grade)
        is_bad = is_rated & np.isin(grade, ("poor", "very_poor")) & self.luck("rectified", RECTIFIED_SHARE)
        rectified = self.later(rated, "rectified.at", 45 * self.pace, 0.5)
        self.log.add("rectified", is_bad, rectified, unit_code=self.unit)


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per application: what was true and known at the end."""
    stage = pl.col("stage")
    return known_lives(
        cases,
        events,
        accepted_at_utc=pl.col("event_at_utc").filter(stage == "accepted").min(),
        decided_at_utc=pl.col("event_at_utc").filter(stage == "decided").min(),
        decision=pl.col("decision").drop_nulls().last(),
        visits=pl.col("visits").drop_nulls().last(),
        is_online_throughout=pl.col("is_online_throughout").drop_nulls().last(),
        rating=pl.col("rating").drop_nulls().last(),
        is_rectified=(stage == "rectified").any(),
    )
