"""Disputes in mediation with whole lives: found, accepted, mediated level by level, agreed or failed, performed.

No parties, no households, no coordinates. Of the disputes of a whole period, known agreements are exactly the
account's share: 3,384 of 3,453.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulators.families.lives import (
    OFFICE_BY_HOUR,
    Lives,
    Menu,
    Words,
    known_lives,
    natural_limit,
    office_days,
    picked,
)
from streams.simulators.town.dice import DAY, HOUR, Ints, Mask
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.world import FIRST_DAY, LAST_DAY, World

TOPIC, SOURCE, SCHEME = "city.department.dispute.v1", "/shuifu/mediation", "dispute"
DISPUTES, MEDIATED = 3453, 3384
"""Of the 15 months, at scale 1: disputes taken up, and those of them that ended in an agreement (98 %)."""
DELAYS = Delays(3600, (0.15, 4 * HOUR, 60 * HOUR), (0.02, 73 * HOUR, 15 * DAY), (0.0015, 38 * DAY, 42 * DAY))

FOUND_BY = {"inspection": 52, "application": 31, "assignment": 8, "hotline": 6, "court": 3}
LEVELS = ("community", "street", "city")
FIRST_LEVEL = {"community": 82, "street": 15, "city": 3}
"""小事不出村，大事不出镇: most are taken up in the village and stay there."""
SETTLED_SHARES = (0.90, 0.88, 1.0)
"""Of those mediated at each level and ever agreed: settled there; the rest goes up."""
SESSION_HOURS = (9, 14, 18)
"""Median working hours until the session at the first, second and third level that a dispute comes to."""
STUCK_SHARE, STUCK_PACE = 0.02, 14.0
"""Of disputes: drag on, each session that many times as late."""
SECOND_SESSION_SHARE, FAILED_SHARE, VOID_SHARE, UNMEDIATED_SHARE = 0.12, 0.008, 0.08, 0.25
"""VOID_SHARE and UNMEDIATED_SHARE are of those that come to no agreement."""
LIMIT_DAYS = 30
"""Natural days from acceptance to agreement."""
FORMS = {"oral": 56, "written": 41, "judicially_confirmed": 3}
PERFORMED_AT_ONCE_SHARE, UNPERFORMED_SHARE = 0.6, 0.03
"""Of oral agreements; of the others."""

STATUS = {
    "found": "已排查",
    "accepted": "已受理",
    "mediated": "调解中",
    "agreed": "达成协议",
    "failed": "调解不成",
    "performed": "已履行",
    "transferred": "引导诉讼仲裁",
    "closed": "已办结",
    "voided": "作废",
    "escalated": "提级调解",
    "supervision_issued": "督办",
    "supervision_answered": "督办",
    "supervision_closed": "督办办结",
    "struck_off": "销号",
}

Step = tuple[Mask, Ints, Words]


def play(world: World) -> Family:
    """Disputes found inside the season's window and their lives until its end."""
    per_day = DISPUTES / (LAST_DAY - FIRST_DAY).days
    return _Disputes("dispute", world, world.count(per_day)).play()


class _Disputes(Lives):
    """Draws the stages; each step takes the times of the one before."""

    def play(self) -> Family:
        self._draw()
        self._handle()
        # Nobody can know of it before it happens, though the source always tells of an agreement in time.
        happened = self.log.events().filter(pl.col("at") < self.world.end)
        events = told(happened, self.cases, {"found"}).with_columns(
            category_scheme=pl.when(pl.col("category_code").is_not_null()).then(pl.lit(SCHEME)),
            status_native=pl.col("stage").replace_strict(STATUS),
        )
        return Family(TOPIC, SOURCE, self.cases, events, DELAYS, frozenset({"found", "agreed"}), as_known=as_known)

    def _draw(self) -> None:
        menu = Menu.of(self.world, "disputes", SCHEME)
        season = office_days(self.world.season, 0.45, menu)
        self.found, _ = season.draw(self.chance("found"), OFFICE_BY_HOUR, self.n)
        matter, self.home = menu.draw(self.chance("matter"), self.found), self.homes()
        self.bureau, self.pace = self.handlers(menu, matter, self.home)
        self.town = self.towns(self.home)
        self.cases = pl.DataFrame(
            {
                "case_id": self.world.numbers("MD", self.found),
                "found_by": picked(self.chance("found_by"), FOUND_BY, self.n).tolist(),
            }
        ).hstack([*menu.rows["mediation_kind", "category_code", "category_name"][matter], *self.places(self.home)])

    def _handle(self) -> None:
        start = picked(self.chance("level"), FIRST_LEVEL, self.n)
        accepted = self.later(self.found, "accepted", 4, 0.9)
        due = natural_limit(accepted, LIMIT_DAYS)
        sessions, ascents, ended, level = self._sessions(start, accepted)
        is_agreed, is_void, is_unmediated = self._fates(ended)
        level = np.where(is_unmediated, start, level)
        self.log.add("found", self.everyone, self.found)
        voided = self.later(self.found, "voided", 6, 0.8)
        self.log.add("voided", is_void, voided, reason_code="no_dispute")
        self.log.add("accepted", ~is_void, accepted, unit_code=self._unit(start), due_at=due, mediation_level=start)
        for who, at, where_ in sessions:
            held = who & ~is_void & ~is_unmediated
            self.log.add("mediated", held, at, unit_code=self._unit(where_), mediation_level=where_)
        for who, at, below in ascents:
            up = np.where(below == "community", "street", "city").astype(object)
            said: dict[str, Words | str] = {
                "unit_code": self._unit(up),
                "from_level": below,
                "to_level": up,
                "reason_code": "not_agreed",
            }
            self.log.add("escalated", who & ~is_void & ~is_unmediated, at, **said)
        unit, is_failed = self._unit(level), ~is_void & ~is_agreed
        form = picked(self.chance("form"), FORMS, self.n)
        self.log.add("agreed", is_agreed, ended, unit_code=unit, mediation_level=level, agreement_form=form)
        reason = np.where(is_unmediated, "no_consent", "not_agreed").astype(object)
        self.log.add("failed", is_failed, ended, unit_code=unit, mediation_level=level, reason_code=reason)
        nowhere = np.full(self.n, None, dtype=object)  # a late one keeps its level: only disagreement lifts it
        was_noticed, settled = self.press(~is_void, due, ended, unit, nowhere)
        closed, is_closed = self._perform(is_agreed, ended, form, unit)
        handed = self.later(ended, "transferred", 8, 0.7)
        self.log.add("transferred", is_failed, handed, unit_code=unit, reason_code="litigation")
        over = self.later(handed, "failed.closed", 6, 0.6)
        self.log.add("closed", is_failed, over, unit_code=unit, exclusion_code="E5")
        self.strike_off(was_noticed & (is_closed | is_failed), np.where(is_failed, over, closed), settled, unit)

    def _sessions(self, start: Words, accepted: Ints) -> tuple[list[Step], list[Step], Ints, Words]:
        """Sessions and ascents as (who, at, level), when it ends with or without agreement, and at which level."""
        level = np.array([LEVELS.index(name) for name in start.tolist()])
        at, ended, goes_on = accepted, accepted, self.everyone
        sessions, ascents = [], []
        pace = np.where(self.luck("stuck", STUCK_SHARE), STUCK_PACE, 1.0) * self.pace
        for turn, hours in enumerate(SESSION_HOURS):
            at = self.later(at, f"session.{turn}", hours * pace, 0.8)
            here = np.array(LEVELS, dtype=object)[level]
            sessions.append((goes_on, at, here))
            is_held_again = goes_on & self.luck(f"again.{turn}", SECOND_SESSION_SHARE)
            at = np.where(is_held_again, self.later(at, f"second.{turn}", 18 * pace, 0.5), at)
            sessions.append((is_held_again, at, here))
            goes_up = goes_on & ~self.luck(f"settled.{turn}", np.array(SETTLED_SHARES)[level])
            ended = np.where(goes_on, self.later(at, f"ended.{turn}", 0.5, 0.6), ended)
            up = self.later(at, f"up.{turn}", 5, 0.6)
            ascents.append((goes_up, up, here))
            at, level, goes_on = np.where(goes_up, up, at), np.where(goes_up, level + 1, level), goes_up
        return sessions, ascents, ended, np.array(LEVELS, dtype=object)[level]

    def _fates(self, ended: Ints) -> tuple[Mask, Mask, Mask]:
        """Who agrees, who was no dispute at all, who doesn't consent to mediation; agreements by the account's share.

        What is still open at the end has no agreement yet, so that fewer of the others fail. Where more are open than
        may be without agreement (a short span), the share can't be met, and a usual few of the others fail.
        """
        rng, target = self.chance("fate"), round(self.n * MEDIATED / DISPUTES)
        over = np.flatnonzero(ended < self.world.end)
        without = len(over) - target if len(over) >= target else round(len(over) * FAILED_SHARE)
        unlucky = rng.permutation(over)[:without]
        is_void, is_unmediated = np.zeros((2, self.n), dtype=bool)
        luck = rng.random(without)
        is_void[unlucky[luck < VOID_SHARE]] = True
        is_unmediated[unlucky[luck > 1 - UNMEDIATED_SHARE]] = True
        is_agreed = np.ones(self.n, dtype=bool)
        is_agreed[unlucky] = False
        return is_agreed, is_void, is_unmediated

    def _perform(self, who: Mask, agreed: Ints, form: Words, unit: Words) -> tuple[Ints, Mask]:
        """From agreement to closing: (closed at, is closed). Many oral agreements are performed on the spot."""
        is_oral = form == "oral"
        is_at_once = who & is_oral & self.luck("at_once", PERFORMED_AT_ONCE_SHARE)
        is_broken = who & ~is_oral & self.luck("broken", UNPERFORMED_SHARE)
        performed = self.after(agreed, "performed", np.where(is_oral, 2.0, 10.0), 0.7)
        is_performed = who & ~is_at_once & ~is_broken
        self.log.add("performed", is_performed, performed, unit_code=unit)
        closed = self.later(np.where(is_performed, performed, agreed), "closed", 5, 0.6)
        self.log.add("closed", who & ~is_broken, closed, unit_code=unit)
        return closed, who & ~is_broken

    def _unit(self, level: Words) -> Words:
        """Villages mediate under their town; what reaches the city goes to the bureau whose matter it is."""
        return np.where(level == "city", self.bureau, self.town)


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per dispute: what was true and known at the end."""
    stage, at = pl.col("stage"), pl.col("event_at_utc")
    return known_lives(
        cases,
        events,
        accepted_at_utc=at.filter(stage == "accepted").min(),
        agreed_at_utc=at.filter(stage == "agreed").min(),
        is_agreed=(stage == "agreed").any(),
        is_failed=(stage == "failed").any(),
        is_performed=(stage == "performed").any(),
        sessions=(stage == "mediated").sum(),
        agreed_level=pl.col("mediation_level").filter(stage == "agreed").last(),
        agreement_form=pl.col("agreement_form").drop_nulls().last(),
    )
