"""Petition matters with whole lives: registered, forwarded, accepted, replied, reviewed twice at most, closed, rated.

Matters only: whoever petitions appears nowhere, and a place is a community at the finest.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.simulators.families.lives import (
    OFFICE_BY_HOUR,
    Lives,
    Menu,
    Words,
    earlier,
    known_lives,
    natural_limit,
    office_days,
    picked,
    where,
)
from streams.simulators.town.dice import DAY, HOUR, MINUTE, Dice, Ints, Mask
from streams.simulators.town.family import Delays, Family, told
from streams.simulators.town.texts import Canaries, People
from streams.simulators.town.world import World

TOPIC, SOURCE, SCHEME = "city.petition.matter.v1", "/shuifu/petition", "petition"
PER_DAY = 2.85
"""At scale 1: 15 months make about 1,300 matters and 8,500 events."""
DELAYS = Delays(900, (0.06, 2 * HOUR, 20 * HOUR), (0.015, 73 * HOUR, 12 * DAY), (0.001, 38 * DAY, 42 * DAY))
"""Letters and visits are entered in the evening."""

CHANNELS = {"online": 46, "visit": 18, "transferred": 12, "letter": 9, "phone": 8, "leader_mailbox": 7}
MATTER_KINDS = {"claim": 70, "accusation": 18, "suggestion": 12}

REGISTERED_DAYS, HANDLING_DAYS, REVIEW_DAYS = 15, 60, 30
"""Natural days: to accept or not; to reply; for a review to be decided."""
HANDLING_WORK = HANDLING_DAYS / 7 * 5 * 8 * HOUR
"""About the working time inside of HANDLING_DAYS."""
EXTENSION_DAYS = {"15": 3, "20": 2, "30": 5}
"""Natural days that an approved extension adds, at most 30, and how often."""

VOID_SHARE, MERGED_SHARE, RETURNED_SHARE, REFUSED_SHARE, LITIGATION_SHARE = 0.008, 0.045, 0.06, 0.03, 0.06
PAUSED_SHARE, LEGACY_SHARE, STUCK_SHARE, COLLECTIVE_SHARE, EXTENDED_SHARE = 0.035, 0.006, 0.04, 0.05, 0.72
"""EXTENDED_SHARE is of the matters that run into the last days of their limit."""
REVIEWED_SHARE, REREVIEWED_SHARE, RATED_SHARE, REOPENED_SHARE, EXCLUDED_SHARE = 0.11, 0.42, 0.46, 0.5, 0.02
OUTCOMES = {"supported": 42, "partly_supported": 22, "explained": 26, "not_supported": 10}
REVIEW_RESULTS = {"upheld": 82, "changed": 11, "revoked": 7}
SATISFACTION = {
    "very_satisfied": 34,
    "satisfied": 36,
    "basically_satisfied": 17,
    "dissatisfied": 9,
    "very_dissatisfied": 4,
}
REVIEWER = "government_office"
"""Reviews are decided by whoever stands above the body that replied."""
REFUSALS = {"not_in_charge": 4, "already_decided": 3, "no_facts": 2}

TEXTS = (
    "反映{place}{problem}问题，请依法处理。",
    "来信反映：{place}存在{problem}问题，多次协调未果，希望上级督促解决。",
    "来访人{name}反映{place}{problem}问题，联系电话：{phone}。",
    "本人{name}，身份证号{id_number}，就{place}{problem}问题提出诉求，请予书面答复。",
    "我叫{name}，家住{place}，{problem}一事至今没有结果，手机{phone}。",
    "上级转来：{place}{problem}问题，请按程序办理并告知。",
)
"""What a matter says, with the personal data that people put in."""

STATUS = {
    "registered": "已登记",
    "forwarded": "已转送",
    "returned": "退回重转",
    "accepted": "办理中",
    "not_accepted": "不予受理",
    "notified": "已告知",
    "extended": "延期办理",
    "paused": "中止办理",
    "resumed": "办理中",
    "replied": "已答复",
    "review_requested": "复查复核中",
    "review_decided": "复查复核办结",
    "closed": "已办结",
    "rated": "已评价",
    "reopened": "重新办理",
    "voided": "作废",
    "merged": "并案",
    "escalated": "提级办理",
    "supervision_issued": "督办",
    "supervision_answered": "督办",
    "supervision_closed": "督办办结",
    "struck_off": "销号",
}


def play(world: World) -> Family:
    """Matters registered inside the season's window and their lives, to whatever end they come."""
    return _Petitions("petition", world, world.count(PER_DAY)).play()


class _Petitions(Lives):
    """Draws the stages; each step takes the times of the one before."""

    def play(self) -> Family:
        self._draw()
        open_ = self._sort_out()
        self._handle(open_)
        events = told(self.log.events(), self.cases, {"registered"})
        events = events.with_columns(
            self.cases["case_id"].gather(events["parent"]).alias("parent_case_id"),
            category_scheme=pl.when(pl.col("category_code").is_not_null()).then(pl.lit(SCHEME)),
            status_native=pl.col("stage").replace_strict(STATUS),
        ).drop("parent")
        texts, canaries = self._texts()
        first = pl.col("stage") == "registered"
        events = events.with_columns(text=pl.when(first).then(texts.gather(events["case"])))
        return Family(TOPIC, SOURCE, self.cases, events, DELAYS, frozenset({"registered"}), canaries, as_known)

    def _draw(self) -> None:
        self.menu = Menu.of(self.world, "petitions", SCHEME)
        season = office_days(self.world.season, 0.25, self.menu)
        self.received, _ = season.draw(self.chance("received"), OFFICE_BY_HOUR, self.n)
        self.matter, self.home = self.menu.draw(self.chance("matter"), self.received), self.homes()
        self.original = earlier(self.chance("repeat"), self.received, 60 * DAY, MERGED_SHARE)
        for row in np.flatnonzero(self.original >= 0):  # in order of receipt: a repeat of a repeat is of one place too
            self.home[row], self.matter[row] = self.home[self.original[row]], self.matter[self.original[row]]
        self.unit, self.pace = self.handlers(self.menu, self.matter, self.home)
        self.is_litigation = self.luck("litigation", LITIGATION_SHARE)
        self.cases = pl.DataFrame(
            {
                "case_id": self.world.numbers("XF", self.received),
                "channel": picked(self.chance("channel"), CHANNELS, self.n).tolist(),
                "matter_kind": picked(self.chance("kind"), MATTER_KINDS, self.n).tolist(),
                "is_collective": self.luck("collective", COLLECTIVE_SHARE),
                "is_litigation_related": self.is_litigation,
            }
        ).hstack([*self.menu.rows["category_code", "category_name"][self.matter], *self.places(self.home)])

    def _texts(self) -> tuple[pl.Series, Canaries]:
        """The adapter's scrubbed texts, and what was planted in the raw ones."""
        # People of their own: the hotline's must not vouch for these texts.
        people = People.draw(Dice(int(self.chance("people").integers(2**31))), max(1, self.n // 2))
        canaries = Canaries()
        rng, areas = self.chance("texts"), {area.area_code: area.name_zh for area in self.world.areas}
        person = rng.integers(0, len(people.phones), self.n).tolist()
        form = rng.integers(0, len(TEXTS), self.n).tolist()
        places = [areas[code] for code in self.world.ground.column("community_code")[self.home].tolist()]
        problems = self.menu.rows["category_name"][self.matter].to_list()
        raw: list[str | None] = []
        for who, which, place, problem in zip(person, form, places, problems, strict=True):
            words = {"name": people.names[who], "phone": people.phones[who], "id_number": people.id_numbers[who]}
            for kind, value in words.items():
                if f"{{{kind}}}" in TEXTS[which]:
                    getattr(canaries, kind).add(value)
            raw.append(TEXTS[which].format(place=place, problem=problem, **words))
        return self.world.scrubbed(raw), canaries

    def _sort_out(self) -> Mask:
        """Registration: voided and repeated matters end here; the rest is open."""
        self.due = natural_limit(self.received, REGISTERED_DAYS)
        self.log.add("registered", self.everyone, self.received, due_at=self.due)
        is_void = self.luck("void", VOID_SHARE)
        self.log.add("voided", is_void, self.later(self.received, "voided", 6, 0.7), reason_code="registered_in_error")
        is_merged = ~is_void & (self.original >= 0) & ~is_void[self.original]
        merged = self.later(self.received, "merged", 9, 0.7)
        self.log.add("merged", is_merged, merged, parent=self.original, is_duplicate=True)
        return ~is_void & ~is_merged

    def _handle(self, who: Mask) -> None:
        unit = self.unit
        forwarded = self.later(self.received, "forwarded", 12, 0.8)
        is_returned = who & self.luck("returned", RETURNED_SHARE)
        stranger = np.roll(unit, 1)
        is_returned &= stranger != unit
        first = np.where(is_returned, stranger, unit)
        self.log.add("forwarded", who, forwarded, unit_code=first)
        returned = self.later(forwarded, "back", 9, 0.6)
        self.log.add("returned", is_returned, returned, unit_code=first, reason_code="not_in_charge")
        again = self.later(returned, "again", 5, 0.6)
        self.log.add("forwarded", is_returned, again, unit_code=unit)
        forwarded = np.where(is_returned, again, forwarded)

        decided = self.later(forwarded, "accept", 26 * self.pace, 0.6)
        is_refused = who & self.luck("refused", np.where(self.is_litigation, 0.6, REFUSED_SHARE))
        reason = np.where(self.is_litigation, "litigation", picked(self.chance("refusal"), REFUSALS, self.n))
        self.log.add("not_accepted", is_refused, decided, unit_code=unit, reason_code=reason)
        accepted = who & ~is_refused
        self.due = natural_limit(decided, HANDLING_DAYS)
        self.log.add("accepted", accepted, decided, unit_code=unit, due_at=self.due)
        notified = self.later(decided, "notified", 8, 0.6)
        refused_closed = self.later(notified, "refused_closed", 8, 0.6)
        code = where(self.is_litigation, "E5")
        self.log.add("closed", is_refused, refused_closed, unit_code=unit, exclusion_code=code)

        replied, is_replied = self._work(accepted, decided)
        self.log.add("notified", is_refused | (accepted & (notified < replied)), notified, unit_code=unit)
        outcome = picked(self.chance("outcome"), OUTCOMES, self.n)
        self.log.add("replied", is_replied, replied, unit_code=unit, outcome=outcome)
        was_noticed, settled = self.press(is_replied, self.due, replied, unit, self.levels(unit))
        last = self._review(is_replied, replied, outcome)
        closed = self.later(last, "closed", 14, 0.6)
        excluded = self.luck("excluded", EXCLUDED_SHARE) | self.is_litigation
        code = where(excluded, np.where(self.is_litigation, "E5", "E6").astype(object))
        self.log.add("closed", is_replied, closed, unit_code=unit, exclusion_code=code)
        self.strike_off(was_noticed, closed, settled, unit)
        self._rate(is_replied & ~self.is_litigation, closed)

    def _work(self, who: Mask, accepted: Ints) -> tuple[Ints, Mask]:
        """The unit's own work, with extensions and pauses: (replied at, is replied). Moves `due`; E9 stays paused."""
        unit, rng = self.unit, self.chance("work")
        share = 0.46 * self.pace * np.exp(0.42 * rng.standard_normal(self.n))
        share = np.minimum(np.where(self.luck("stuck", STUCK_SHARE), share * 3, share), 4.0)
        work = share * HANDLING_WORK
        replied = self.worked(accepted, work) + 3 * MINUTE

        is_paused = who & self.luck("paused", PAUSED_SHARE + LEGACY_SHARE)
        is_legacy = is_paused & self.luck("legacy", LEGACY_SHARE / (PAUSED_SHARE + LEGACY_SHARE))
        paused = self.worked(accepted, work * 0.4) + MINUTE
        reason = np.where(is_legacy, "historic_legacy", "expert_opinion").astype(object)
        code = where(is_legacy, "E9")
        self.log.add("paused", is_paused, paused, unit_code=unit, reason_code=reason, exclusion_code=code)
        is_resumed = is_paused & ~is_legacy
        resumed = paused + (self.chance("rest").uniform(5, 50, self.n) * DAY).astype(np.int64)
        # Day clocks add the whole days that lie inside the pause.
        whole_days = np.maximum(resumed // DAY - paused // DAY - 1, 0)
        self.due = np.where(is_resumed, self.due + whole_days * DAY, self.due)
        self.log.add("resumed", is_resumed, resumed, unit_code=unit, due_at=self.due)
        replied = np.where(is_resumed, self.worked(resumed, work * 0.6) + MINUTE, replied)

        asked = self.due - (self.chance("ask").uniform(1.5, 12, self.n) * DAY).astype(np.int64)
        is_extended = who & ~is_paused & (replied > self.due - 9 * DAY) & (accepted + DAY < asked) & (asked < replied)
        is_extended &= self.luck("extended", EXTENDED_SHARE)
        days = picked(self.chance("extension"), EXTENSION_DAYS, self.n).astype(np.int64)
        self.due = np.where(is_extended, self.due + days * DAY, self.due)
        self.log.add("extended", is_extended, asked, unit_code=unit, due_at=self.due, reason_code="complex_matter")
        return replied, who & ~is_legacy

    def _review(self, who: Mask, replied: Ints, outcome: Words) -> Ints:
        """复查 and 复核: when the last word was said. A revoked reply is made anew."""
        last, asks = replied, who & (outcome != "supported") & self.luck("review", REVIEWED_SHARE)
        for turn in ("review", "re_review"):
            asked = np.minimum(self.after(last, f"{turn}.asked", 7, 0.7), natural_limit(last, REVIEW_DAYS) - HOUR)
            due = natural_limit(asked, REVIEW_DAYS)
            self.log.add("review_requested", asks, asked, unit_code=REVIEWER, review_round=turn, due_at=due)
            decided = self.after(asked, f"{turn}.decided", 18, 0.3)
            result = picked(self.chance(f"{turn}.result"), REVIEW_RESULTS, self.n)
            is_revoked = asks & (result == "revoked")
            said = {"unit_code": REVIEWER, "review_round": turn, "review_result": result}
            self.log.add("review_decided", asks & ~is_revoked, decided, **said)
            # Whoever has to reply anew has as long again.
            self.log.add("review_decided", is_revoked, decided, due_at=natural_limit(decided, HANDLING_DAYS), **said)
            anew = self.later(decided, f"{turn}.anew", 70 * self.pace, 0.4)
            self.log.add("replied", is_revoked, anew, unit_code=self.unit, outcome="supported")
            last = np.where(is_revoked, anew, np.where(asks, decided, last))
            asks = asks & ~is_revoked & self.luck(f"{turn}.again", REREVIEWED_SHARE)
        return last

    def _rate(self, who: Mask, closed: Ints) -> None:
        """Ratings; some of the dissatisfied are taken up again."""
        rated = self.after(closed, "rated", 4, 0.8)
        is_rated = who & self.luck("rated", RATED_SHARE)
        grade = picked(self.chance("grade"), SATISFACTION, self.n)
        self.log.add("rated", is_rated, rated, satisfaction=grade)
        is_reopened = is_rated & np.isin(grade, ("dissatisfied", "very_dissatisfied"))
        is_reopened &= self.luck("reopened", REOPENED_SHARE)
        reopened = self.later(rated, "reopened", 20, 0.5)
        due = natural_limit(reopened, REVIEW_DAYS)
        self.log.add("reopened", is_reopened, reopened, unit_code=self.unit, due_at=due, reason_code="dissatisfied")
        replied = self.later(reopened, "replied.again", 70 * self.pace, 0.4)
        self.log.add("replied", is_reopened, replied, unit_code=self.unit, outcome="partly_supported")
        again = self.later(replied, "closed.again", 14, 0.5)
        self.log.add("closed", is_reopened, again, unit_code=self.unit)


def as_known(cases: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """One row per matter: what was true and known at the end."""
    stage = pl.col("stage")
    return known_lives(
        cases,
        events,
        first_replied_at_utc=pl.col("event_at_utc").filter(stage == "replied").min(),
        is_accepted=(stage == "accepted").any(),
        reviews_requested=(stage == "review_requested").sum(),
        reviews_decided=(stage == "review_decided").sum(),
        outcome=pl.col("outcome").drop_nulls().last(),
        satisfaction=pl.col("satisfaction").drop_nulls().last(),
    )
