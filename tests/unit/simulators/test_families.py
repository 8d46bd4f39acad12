"""Petitions, services, disputes, devices, registers and signs: the account's totals, legal lives, nothing personal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from streams.contracts.registry import cities, contract
from streams.contracts.validate import broken_rule
from streams.reference import registry
from streams.simulators.families import detections, devices, disputes, petitions, registers, services, signs
from streams.simulators.feed import assembly, noise
from streams.simulators.feed.assembly import Play, play
from streams.simulators.feed.noise import UNKNOWN_CODE
from streams.simulators.town.dice import DAY
from streams.simulators.town.family import Family
from streams.simulators.town.world import World
from tests.fixtures.hunt import hunt_texts
from tests.unit.simulators.conftest import parameters, walked_and_legal

PERIOD = {"first": "2025-07-01", "to": "2026-10-01"}
MODULES = (petitions, services, disputes, devices, registers, signs)
CASE_FAMILIES = {"petition": petitions, "service": services, "dispute": disputes}
FINISH = {petitions: "replied", services: "decided", disputes: "agreed"}
LOCAL = pl.duration(hours=8)
PERSONAL = {"name", "phone", "id_number", "address", "plate", "reporter_token", "face", "household", "longitude"}


def played(**span: Any) -> Play:
    """A run of these families, and of the one that brings the fewest incidents, which a run needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "FAMILIES", tuple(module.play for module in (detections, *MODULES)))
        return play(parameters(**{**PERIOD, **span}))


@pytest.fixture(scope="module")
def city(city_of_15_months: tuple[Play, float]) -> Play:
    return city_of_15_months[0]


@pytest.fixture(scope="module")
def hamlet() -> Play:
    return played(scale=0.03)


@pytest.fixture(scope="module")
def lives() -> Iterator[dict[str, Family]]:
    """Whole lives, to whatever end they come."""
    world = World.of(parameters(**PERIOD, seed=5))
    yield {name: module.play(world) for name, module in CASE_FAMILIES.items()}


def of(made: Play, module: Any) -> pl.DataFrame:
    """A family's known events by case and time; `at` is local."""
    events = made.events[module.TOPIC].with_columns(at=pl.col("event_at_utc") + LOCAL)
    return events.sort(contract(module.TOPIC).subject_field, "at")


class TestTotals:
    def test_of_3453_disputes_3384_are_mediated(self, city: Play) -> None:
        cases = city.cases[disputes.TOPIC]
        assert cases["case_id"].n_unique() == cases.height == 3453
        assert city.events[disputes.TOPIC]["case_id"].n_unique() == 3453
        assert cases["is_agreed"].sum() == 3384

    @pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 7])
    def test_the_share_of_mediated_disputes_is_exact_for_any_seed(self, seed: int) -> None:
        world = World.of(parameters(**PERIOD, seed=seed))
        family = disputes.play(world)
        known = family.events.filter(pl.Series(noise.recorded(world.dice, family, world.end)) < world.end)
        assert known["case"].n_unique() == 3453
        assert known.filter(pl.col("stage") == "agreed")["case"].n_unique() == 3384

    def test_a_tenth_of_the_city_has_a_tenth_of_it_all(self) -> None:
        made = played(scale=0.1)
        found = made.cases[disputes.TOPIC]
        assert (found.height, found["is_agreed"].sum()) == (345, 338)
        register = made.cases[registers.TOPIC]
        items = register.filter(pl.col("record_kind") == "service_item")
        assert (items.height, items["is_online_available"].sum()) == (448, 412)
        assert register.filter(pl.col("parent_record_id").is_not_null()).height == 40
        assert made.cases[signs.TOPIC].height == 100
        assert made.cases[devices.TOPIC].height == 120

    def test_a_month_has_its_share_of_disputes_and_nearly_all_that_can_be_are_mediated(self) -> None:
        found = played(first="2026-07-01", to="2026-08-01").cases[disputes.TOPIC]
        assert found.height == round(3453 * 31 / 457)
        assert 0.75 * found.height < found["is_agreed"].sum() < 0.98 * found.height
        assert found["is_failed"].sum() > 0

    def test_4483_service_items_stand_in_the_catalogue_92_percent_of_them_online(self, city: Play) -> None:
        register = city.cases[registers.TOPIC]
        items = register.filter(pl.col("record_kind") == "service_item")
        assert items["record_id"].n_unique() == items.height == 4483
        assert items["is_online_available"].sum() == round(4483 * 0.92) == 4124
        assert items["events_count"].min() >= 1
        assert 0.70 < 1 - items["numerator"].sum() / items["denominator"].sum() < 0.80, "the account: over 70 % faster"

    def test_398_leaf_tasks_hang_under_63_common_and_9_local_ones(self, city: Play) -> None:
        tasks = city.cases[registers.TOPIC].filter(pl.col("record_kind") == "task")
        leaves = tasks.filter(pl.col("parent_record_id").is_not_null())
        tops = tasks.filter(pl.col("parent_record_id").is_null())
        assert (leaves.height, tops.height) == (398, 72)
        assert set(leaves["parent_record_id"]) == set(tops["record_id"])
        by_tree = leaves.group_by(pl.col("record_id").str.slice(3, 1)).len().sort("record_id").rows()
        assert by_tree == [("G", 369), ("T", 29)]

    def test_1000_signs_are_observed_each_at_its_interval(self, city: Play) -> None:
        cases = city.cases[signs.TOPIC]
        assert cases.filter(pl.col("observations") > 0)["sign_code"].n_unique() == 1000
        usual = cases.group_by("observe_every").agg(pl.col("observations").median()).rows()
        low_high = {"P1D": (440, 458), "P7D": (62, 66), "P1M": (14, 16), "P3M": (4, 6)}
        assert {every for every, _ in usual} == set(low_high)
        assert all(low_high[every][0] <= n <= low_high[every][1] for every, n in usual), usual

    def test_the_fleet_is_the_one_of_the_reference_data(self, city: Play) -> None:
        cases = city.cases[devices.TOPIC]
        assert set(cases["device_id"]) == {device.device_id for device in registry.devices("shuifu")}
        counts = dict(cases["device_class"].value_counts().rows())
        assert (counts["city_monitoring"], counts["skynet"]) == (250, 577)
        assert counts["high_definition"] + counts["eagle_eye"] == 180

    def test_volumes_are_those_that_a_million_events_need(self, city: Play) -> None:
        bands = {
            petitions: (8_000, 11_000),
            services: (80_000, 90_000),
            disputes: (16_000, 22_000),
            devices: (60_000, 82_000),
            registers: (8_500, 11_000),
            signs: (55_000, 62_000),
        }
        for module, (low, high) in bands.items():
            assert low < city.events[module.TOPIC].height < high, module.TOPIC


class TestBytes:
    def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(self, hamlet: Play) -> None:
        assert played(scale=0.03).sha256 == hamlet.sha256
        assert played(scale=0.03, seed=43).sha256 != hamlet.sha256

    def test_every_event_keeps_its_contract(self, hamlet: Play) -> None:
        seen: dict[tuple[str, str], Any] = {}
        judged = dict.fromkeys((module.TOPIC for module in MODULES), 0)
        good = hamlet.records.filter((pl.col("outcome") != "malformed") & pl.col("topic").is_in(list(judged)))
        good = good.select("topic", "key", "value", "sent")
        for topic, key, value, sent in good.iter_rows():
            now = sent.replace(tzinfo=UTC) + timedelta(minutes=1)
            assert broken_rule(contract(topic), key, value, now=now, cities=cities(), seen=seen) is None, value
            judged[topic] += 1
        assert min(judged.values()) > 200, judged

    def test_two_runs_never_share_an_event(self, hamlet: Play) -> None:
        other = played(scale=0.02)
        for topic, events in other.events.items():
            assert set(events["event_id"]).isdisjoint(hamlet.events[topic]["event_id"]), topic

    def test_the_shortest_span_and_the_smallest_city_still_tell_of_everything(self) -> None:
        for span in (
            {"scale": 0.001, "to": "2025-07-03"},
            {"first": "2026-11-21T10:15:30", "to": "2026-11-21T11:15:30"},
        ):
            made = played(**span)
            assert all(events.height >= 1 for events in made.events.values()), span
            assert all(cases.height >= 1 for cases in made.cases.values()), span


class TestPrivacy:
    def test_no_column_could_hold_a_person_and_disputes_and_petitions_have_no_point(self, city: Play) -> None:
        for module in MODULES:
            told = set(city.events[module.TOPIC].columns)
            fields = {field.name for field in contract(module.TOPIC).fields}
            own = {"event_source", "event_at_utc", "recorded_at_utc", "event_id", "is_late", "graft"}
            assert {name for name in told if not name.startswith("true_")} <= fields | own
            allowed = {"longitude"} if module is devices else set()
            assert told & PERSONAL <= allowed, module.TOPIC
            assert all(field.classification != "direct" for field in contract(module.TOPIC).fields)

    def test_what_people_put_into_petitions_is_planted_and_does_not_pass_the_adapter(self, city: Play) -> None:
        canaries = petitions.play(World.of(parameters(**PERIOD))).canaries
        planted = sorted(canaries.phone | canaries.id_number)
        assert len(planted) > 300 and len(canaries.name) > 300
        assert canaries.phone <= set(city.canaries["phone"]), "the truth file knows them"
        mine = city.records.filter((pl.col("topic") == petitions.TOPIC) & (pl.col("outcome") != "malformed"))
        told = pl.Series([value.decode() for value in mine["value"]])
        assert told.str.contains('"text":"').sum() > 1300
        assert hunt_texts(told, planted) == set()
        names = [name for name in canaries.name if len(name) == 3]
        assert len(hunt_texts(told, names)) <= 0.05 * len(names)

    def test_programmes_and_people_are_told_as_large_aggregates_alone(self, city: Play) -> None:
        register = city.cases[registers.TOPIC]
        totals = register.filter(pl.col("record_kind") == "programme_total")
        assert totals.height >= 24
        assert set(totals["area_code"]) == {"530681"}
        assert totals["denominator"].min() >= 20 and totals["numerator"].min() >= 20
        surveys = register.filter(pl.col("record_kind") == "survey")
        assert surveys["sample_size"].min() >= 400
        people = city.cases[signs.TOPIC].filter(pl.col("sign_category") == "population")
        assert people.height > 50
        assert people["area_code"].str.len_chars().max() <= 9, "no finer than a street or town"


class TestLives:
    @pytest.mark.parametrize(("family", "steps"), [("petition", 14), ("service", 11), ("dispute", 9)])
    def test_every_life_follows_the_transitions_that_the_warehouse_calls_legal(
        self, lives: dict[str, Family], family: str, steps: int
    ) -> None:
        walked, legal = walked_and_legal(lives[family].events, family)
        assert walked <= legal, walked - legal
        assert len(walked) >= steps, walked

    @pytest.mark.parametrize("module", MODULES)
    def test_every_stage_of_the_contract_happens(self, module: Any, city: Play) -> None:
        assert set(city.events[module.TOPIC]["stage"]) == set(contract(module.TOPIC).stages)

    @pytest.mark.parametrize("module", CASE_FAMILIES.values())
    def test_supervision_goes_white_yellow_red_and_only_to_what_is_overdue(self, module: Any, city: Play) -> None:
        notices = of(city, module).filter(pl.col("stage").str.starts_with("supervision_"))
        issued = notices.filter(pl.col("stage") == "supervision_issued")
        assert issued.height >= 15
        colours = issued.group_by("case_id", maintain_order=True).agg("notice_colour")["notice_colour"].to_list()
        assert all(found == ["white", "yellow", "red"][: len(found)] for found in colours)
        due = (
            of(city, module)
            .filter(pl.col("due_at").is_not_null() & ~pl.col("stage").is_in(["reopened", "review_requested"]))
            .group_by("case_id")
            .agg(pl.col("due_at").last())
        )
        both = issued.join(due, on="case_id", suffix="_of")
        assert both.height == issued.height
        assert (both["event_at_utc"] > both["due_at_of"]).all()
        finish = FINISH[module]
        done = of(city, module).filter(pl.col("stage") == finish).group_by("case_id").agg(done=pl.col("at").max())
        assert not issued.join(done, on="case_id").filter(pl.col("at") > pl.col("done")).height, "still open"
        key = ["case_id", "notice_colour"]
        turns = notices.group_by(*key).agg(pl.col("stage").sort_by("at"))["stage"].to_list()
        whole = ["supervision_issued", "supervision_answered", "supervision_closed"]
        assert all(found == whole[: len(found)] for found in turns)

    def test_cases_are_still_open_at_the_end_and_old_ones_mostly_closed(self, city: Play) -> None:
        for module in CASE_FAMILIES.values():
            cases = city.cases[module.TOPIC].filter(~pl.col("is_voided") & ~pl.col("is_duplicate"))
            old = cases.filter(pl.col("received_at_utc") < pl.col("received_at_utc").max() - pl.duration(days=200))
            new = cases.filter(pl.col("received_at_utc") > pl.col("received_at_utc").max() - pl.duration(days=2))
            assert old["closed_at_utc"].null_count() < 0.06 * old.height, module.TOPIC
            assert new["closed_at_utc"].null_count() > 0.1 * new.height, module.TOPIC

    def test_some_bodies_are_much_slower_than_others(self, city: Play) -> None:
        decided = city.cases[services.TOPIC].filter(pl.col("decided_at_utc").is_not_null())
        by_unit = (
            decided.group_by("unit_code")
            .agg(pl.len(), on_time=(pl.col("decided_at_utc") <= pl.col("due_at_utc")).mean())
            .filter(pl.col("len") > 80)["on_time"]
        )
        assert len(by_unit) > 10
        assert by_unit.max() - by_unit.min() > 0.06

    def test_months_and_weekdays_differ(self, city: Play) -> None:
        wages = city.cases[petitions.TOPIC].filter(pl.col("category_code") == "0401")
        month = (wages["received_at_utc"] + timedelta(hours=8)).dt.month()
        assert month.is_in([12, 1, 2]).sum() > 1.5 * month.is_in([5, 6, 7]).sum()
        weekday = (city.cases[services.TOPIC]["received_at_utc"] + timedelta(hours=8)).dt.weekday()
        assert (weekday >= 6).mean() < 0.1


class TestPetitions:
    def test_limits_are_15_and_60_natural_days_and_extensions_add_30_at_most(self, city: Play) -> None:
        events = of(city, petitions).with_columns(days=(pl.col("due_at") + LOCAL).dt.date() - pl.col("at").dt.date())
        for stage, days in (("registered", 15), ("accepted", 60), ("review_requested", 30)):
            found = events.filter(pl.col("stage") == stage)["days"].dt.total_days() - 1  # midnight after the last day
            assert found.len() > 50 and (found == days).all(), stage
        both = events.filter(pl.col("stage").is_in(["accepted", "extended"])).with_columns(
            before=pl.col("due_at").shift().over("case_id")
        )
        extended = both.filter(pl.col("stage") == "extended")
        assert extended.height > 50
        assert (extended["event_at_utc"] < extended["before"]).all(), "asked for in time"
        added = (extended["due_at"] - extended["before"]).dt.total_days()
        assert set(added) == {15, 20, 30}

    def test_a_pause_adds_the_whole_days_that_lie_inside_it(self, city: Play) -> None:
        pairs = of(city, petitions).with_columns(
            due=pl.col("due_at").forward_fill().over("case_id"), before=pl.col("at").shift().over("case_id")
        )
        pairs = pairs.with_columns(due_before=pl.col("due").shift().over("case_id"))
        resumed = pairs.filter(pl.col("stage") == "resumed")
        assert resumed.height > 10
        inside = ((resumed["at"].dt.date() - resumed["before"].dt.date()).dt.total_days() - 1).clip(0)
        assert (((resumed["due"] - resumed["due_before"]).dt.total_days()) == inside).all()

    def test_reviews_come_in_order_and_within_30_days_of_the_word_before(self, lives: dict[str, Family]) -> None:
        events = lives["petition"].events.sort("case", "at")
        asked = events.with_columns(before=pl.col("at").shift().over("case")).filter(
            pl.col("stage") == "review_requested"
        )
        rounds = asked.group_by("case").agg("review_round")["review_round"].to_list()
        assert all(found == ["review", "re_review"][: len(found)] for found in rounds)
        assert ["review", "re_review"] in rounds
        said = events.filter(pl.col("stage").is_in(["replied", "review_decided", "review_requested"])).with_columns(
            word=pl.col("at").shift().over("case")
        )
        waits = said.filter(pl.col("stage") == "review_requested").select(pl.col("at") - pl.col("word")).to_series()
        assert waits.min() > 0 and waits.max() <= 31 * DAY  # type: ignore[operator]

    def test_a_repeated_matter_points_to_an_earlier_one_of_its_kind(self, city: Play) -> None:
        merged = of(city, petitions).filter(pl.col("stage") == "merged")
        assert merged.height > 20
        cases = city.cases[petitions.TOPIC].select("case_id", "category_code", "received_at_utc")
        both = merged.select("case_id", "parent_case_id").join(cases, on="case_id").join(
            cases, left_on="parent_case_id", right_on="case_id", suffix="_of"
        )  # fmt: skip
        assert both.height == merged.height
        known = both.filter(~(pl.col("category_code").eq(UNKNOWN_CODE) | pl.col("category_code_of").eq(UNKNOWN_CODE)))
        assert (known["category_code"] == known["category_code_of"]).all()
        assert (both["received_at_utc_of"] < both["received_at_utc"]).all()

    def test_nobody_merges_into_a_matter_that_was_registered_in_error(self) -> None:
        events = petitions.play(World.of(parameters(**PERIOD, scale=8))).events
        void = events.filter(pl.col("stage") == "voided").join(
            events.filter(pl.col("stage") == "registered"), on="case", suffix="_of"
        )["case_id_of"]
        assert len(void) > 50
        assert set(void).isdisjoint(events["parent_case_id"].drop_nulls())

    def test_matters_before_the_courts_are_marked_and_left_out_of_ratings(self, city: Play) -> None:
        cases = city.cases[petitions.TOPIC].filter(pl.col("is_litigation_related"))
        assert cases.height > 30
        assert cases["satisfaction"].null_count() == cases.height
        closed = cases.filter(pl.col("closed_at_utc").is_not_null())
        assert (closed["exclusion_code"] == "E5").all()


class TestServices:
    def test_due_days_are_working_days_from_acceptance(self, city: Play) -> None:
        accepted = of(city, services).filter(pl.col("stage") == "accepted")
        days = city.cases[services.TOPIC].select("case_id", "committed_work_days")
        both = accepted.drop("committed_work_days", strict=False).join(days, on="case_id")
        clock = World.of(parameters(**PERIOD)).clock
        at = both["at"].dt.epoch("ms").to_numpy()
        due = (both["due_at"] + timedelta(hours=8)).dt.epoch("ms").to_numpy()
        limit = np.maximum(clock.day_limit(at, both["committed_work_days"].to_numpy()), (at // DAY + 1) * DAY)
        assert both.height > 15_000
        assert (due == limit).all()
        assert (both["committed_work_days"] == 0).mean() > 0.2, "many are done while one waits"

    def test_every_application_names_an_item_of_the_catalogue_and_goes_online_only_where_it_can(
        self, city: Play
    ) -> None:
        received = of(city, services).filter(pl.col("stage") == "received")
        items = city.cases[registers.TOPIC].filter(pl.col("record_kind") == "service_item")
        both = received.join(items, left_on="service_code", right_on="record_id", suffix="_item")
        assert both.height == received.height > 18_000
        known = both.filter((pl.col("category_code") != UNKNOWN_CODE) & (pl.col("category_code_item") != UNKNOWN_CODE))
        assert (known["category_code"] == known["category_code_item"]).all()
        remote = both.filter(pl.col("channel").is_in(["online", "app"]))
        assert remote["is_online_available"].all()

    def test_online_throughout_means_no_visit(self, city: Play) -> None:
        cases = city.cases[services.TOPIC].filter(pl.col("visits").is_not_null())
        assert (cases.filter(pl.col("is_online_throughout"))["visits"] == 0).all()
        at_counter = cases.filter(pl.col("channel") == "window")
        assert at_counter["visits"].min() == 1
        assert 0.9 < (cases["visits"] <= 1).mean() < 1, "最多跑一次"

    def test_bad_ratings_are_rectified_and_good_ones_are_not(self, city: Play) -> None:
        cases = city.cases[services.TOPIC]
        bad = cases.filter(pl.col("rating").is_in(["poor", "very_poor"]))
        assert bad.height > 30
        assert 0.7 < bad["is_rectified"].mean() < 1  # type: ignore[operator]
        assert not cases.filter(~pl.col("rating").is_in(["poor", "very_poor"]))["is_rectified"].any()


class TestDisputes:
    def test_a_dispute_that_is_not_settled_goes_up_one_level_and_is_mediated_there(self, city: Play) -> None:
        events = of(city, disputes)
        up = events.filter(pl.col("stage") == "escalated")
        assert up.height > 200
        assert set(up.select("from_level", "to_level").rows()) == {("community", "street"), ("street", "city")}
        after = events.join(up.select("case_id", "to_level", pl.col("at").alias("up_at")), on="case_id", suffix="_up")
        session = after.filter((pl.col("stage") == "mediated") & (pl.col("at") > pl.col("up_at")))
        first = session.group_by("case_id", "to_level_up").agg(pl.col("mediation_level").sort_by("at").first())
        assert (first["mediation_level"] == first["to_level_up"]).all()

    def test_most_are_settled_in_the_village(self, city: Play) -> None:
        level = dict(city.cases[disputes.TOPIC]["agreed_level"].drop_nulls().value_counts().rows())
        assert level["community"] > level["street"] > level["city"] > 0
        assert 0.65 < level["community"] / sum(level.values()) < 0.85

    def test_an_agreement_says_its_form_and_level_and_is_mediated_first(self, city: Play) -> None:
        agreed = of(city, disputes).filter(pl.col("stage") == "agreed")
        assert agreed["agreement_form"].null_count() == agreed["mediation_level"].null_count() == 0
        assert agreed["agreement_form"].n_unique() == 3
        known = city.cases[disputes.TOPIC].filter(pl.col("is_agreed"))
        assert (known["sessions"] > 0).mean() > 0.99, "all but sessions that the source tells too late"


class TestDevices:
    def test_a_heartbeat_counts_the_minutes_that_outages_leave(self, city: Play) -> None:
        """Recounted device by device; a flicker takes less than half an hour more."""
        events = of(city, devices)
        troubled = events.filter(pl.col("stage") == "offline")["device_id"].unique(maintain_order=True)[:60]
        lateness = events.filter(pl.col("stage").is_in(["offline", "online"]) & pl.col("is_late"))["device_id"]
        checked = 0
        for device in troubled:
            if device in set(lateness):
                continue
            mine = events.filter(pl.col("device_id") == device)
            begun = mine.filter(pl.col("stage") == "offline")["at"].to_list()
            ended = mine.filter(pl.col("stage") == "online")["at"].to_list()
            spans = list(zip(begun, [*ended, *[mine["at"].max()] * (len(begun) - len(ended))], strict=True))
            for at, window, online in mine.filter(pl.col("stage") == "heartbeat")[
                "at", "window_minutes", "online_minutes"
            ].iter_rows():
                start = at - timedelta(minutes=window)
                lost = sum((max(timedelta(0), min(at, b) - max(start, a)) for a, b in spans), timedelta(0))
                missing = window - online - lost / timedelta(minutes=1)
                assert -1 <= missing <= 26, (device, at, missing)
                checked += 1
        assert checked > 1500

    def test_offline_and_online_take_turns(self, city: Play) -> None:
        turns = of(city, devices).filter(pl.col("stage").is_in(["offline", "online"]))
        # An end that the source tells after the run leaves two beginnings in a row; it is rare.
        pairs = turns.with_columns(before=pl.col("stage").shift().over("device_id"))
        assert (pairs["stage"] == pairs["before"]).sum() < 0.01 * pairs.height
        assert pairs.height > 3000

    def test_more_devices_fail_on_rainy_days(self, city: Play) -> None:
        season = World.of(parameters(**PERIOD)).season
        begun = of(city, devices).filter(pl.col("stage") == "offline")["at"].dt.epoch("ms").to_numpy()
        rainy = season.is_rainy[begun // DAY - season.starts[0] // DAY].sum() / season.is_rainy.sum()
        dry = (len(begun) - rainy * season.is_rainy.sum()) / (~season.is_rainy).sum()
        assert rainy > 2 * dry

    def test_devices_tell_nothing_before_they_stand_and_after_they_are_taken_down(self, city: Play) -> None:
        span = of(city, devices).group_by("device_id").agg(first=pl.col("at").min(), last=pl.col("at").max())
        known = {row[0]: row[1:] for row in span.rows()}
        partial = [
            device for device in registry.devices("shuifu") if device.valid_from > "2025-07-01" or device.valid_to
        ]
        assert len(partial) > 20
        for device in partial:
            if device.device_id in known:
                first, last = known[device.device_id]
                assert first.date() >= date.fromisoformat(device.valid_from)
                assert not device.valid_to or last.date() < date.fromisoformat(device.valid_to)

    def test_the_grid_that_is_told_holds_the_point(self, city: Play) -> None:
        ground = World.of(parameters(**PERIOD)).ground
        placed = of(city, devices).filter(pl.col("longitude").is_not_null()).unique("device_id")
        row = ground.locate(placed["longitude"].to_numpy(), placed["latitude"].to_numpy())
        assert placed.height > 1100
        assert ground.column("grid_code")[row].tolist() == placed["area_code"].to_list()


class TestRecords:
    def test_every_rate_stands_beside_its_denominator(self, city: Play) -> None:
        events = of(city, registers)
        assert (events["numerator"].is_null() == events["denominator"].is_null()).all()
        both = events.drop_nulls("numerator")
        assert both.height > 4000
        assert (both["numerator"] <= both["denominator"]).all()

    def test_done_means_completed_and_overdue_comes_after_the_day(self, city: Play) -> None:
        events = of(city, registers)
        completed = events.filter(pl.col("stage") == "completed")
        assert (completed["state"] == "done").all()
        assert (completed["completed_at"] == completed["event_at_utc"]).all()
        overdue = events.filter(pl.col("state") == "overdue")
        assert overdue.height > 20
        assert (overdue["event_at_utc"] >= overdue["due_at"]).all()
        tasks = completed.filter(pl.col("record_kind") == "task")
        assert 0.85 < (tasks["completed_at"] <= tasks["due_at"]).mean() < 0.98  # type: ignore[operator]

    def test_parts_are_coded_by_the_standard_in_force_and_their_grid_is_known(self, city: Play) -> None:
        parts = city.cases[registers.TOPIC].filter(pl.col("record_kind") == "city_part")
        assert set(parts["category_scheme"]) == {"gbt30428-2013-part"}
        assert set(parts["record_id"].str.len_chars()) == {16}
        assert set(parts["area_code"]) <= {grid.grid_code for grid in registry.grids("shuifu")}
        assert {"damaged", "missing"} <= set(of(city, registers)["state"])
        later = played(first="2026-07-01", to="2026-07-15").cases[registers.TOPIC]
        new = later.filter(pl.col("record_kind") == "city_part")
        assert set(new["category_scheme"]) == {"gbt47678-2026-part"}
        assert set(new["record_id"].str.len_chars()) == {17}

    def test_units_categories_and_areas_are_known_to_the_reference_data(self, city: Play) -> None:
        units = {unit.unit_code for unit in registry.units("shuifu")}
        areas = {area.area_code for area in registry.areas("shuifu")} | {g.grid_code for g in registry.grids("shuifu")}
        codes = {(c.category_scheme, c.category_code) for c in registry.categories("shuifu")}
        for module in MODULES:
            events = city.events[module.TOPIC]
            assert set(events["unit_code"].drop_nulls()) <= units, module.TOPIC
            assert set(events["area_code"].drop_nulls()) <= areas, module.TOPIC
            if "category_code" in events.columns:
                said = events.filter(pl.col("category_code") != UNKNOWN_CODE)
                said = said.select("category_scheme", "category_code").unique()
                assert set(said.rows()) <= codes, module.TOPIC


class TestSigns:
    def test_readings_lie_in_the_usual_range_unless_they_are_faulty(self, city: Play) -> None:
        usual = pl.DataFrame([vars(sign) for sign in registry.signs("shuifu")]).select(
            "sign_code", "usual_low", "usual_high", "measure_code"
        )
        events = of(city, signs).join(usual, on="sign_code")
        good = events.filter((pl.col("quality") != "faulty") & (pl.col("measure_code") != "rainfall"))
        assert good.height > 50_000
        margin = 0.002 * (good["usual_high"] - good["usual_low"]) + 0.0005
        assert (good["reading"] >= good["usual_low"] - margin).all()
        assert (good["reading"] <= good["usual_high"] + margin).all()
        assert events.filter(pl.col("quality") == "faulty").height > 200

    def test_a_correction_follows_the_observation_that_it_puts_right(self, city: Play) -> None:
        events = of(city, signs)
        corrected = events.filter(pl.col("stage") == "corrected")
        assert corrected.height > 500
        observed = events.filter(pl.col("stage") == "observed").select(
            "sign_code", "observed_at", pl.col("at").alias("observed")
        )
        both = corrected.join(observed, on=["sign_code", "observed_at"])
        assert both.height == corrected.height
        assert (both["at"] > both["observed"]).all()

    def test_some_signs_fall_silent_for_a_while(self, city: Play) -> None:
        daily = city.cases[signs.TOPIC].filter(pl.col("observe_every") == "P7D")
        assert (daily["observations"] < 58).sum() >= 10
        assert (daily["observations"] >= 62).mean() > 0.8

    def test_it_rains_on_rainy_days(self, city: Play) -> None:
        season = World.of(parameters(**PERIOD)).season
        rain = of(city, signs).filter((pl.col("sign_code") == _rain_sign()) & (pl.col("quality") == "measured"))
        rain = rain.filter(pl.col("stage") == "observed")
        day = (rain["observed_at"] + timedelta(hours=8)).dt.epoch("ms").to_numpy() // DAY - 1
        index = day - season.starts[0] // DAY
        inside = index >= 0
        is_wet = (rain["reading"] > 0).to_numpy()
        assert not is_wet[inside & ~season.is_rainy[np.maximum(index, 0)]].any()
        assert is_wet[inside & season.is_rainy[np.maximum(index, 0)]].mean() > 0.9


def _rain_sign() -> str:
    return next(sign.sign_code for sign in registry.signs("shuifu") if sign.measure_code == "rainfall")
