"""What the platform's own kernel does with what was planted: the fate that the truth foretells, record by record."""

from __future__ import annotations

import polars as pl
import pytest

from streams.contracts.registry import cities, contract, contracts
from streams.privacy.scrub import scrub_text
from streams.reference.registry import rows
from streams.simulators.feed.assembly import Play
from streams.transforms.kernel import Kernel
from streams.transforms.locate import Places
from tests.fixtures.records import frame


def reference(name: str) -> pl.DataFrame:
    return pl.DataFrame(list(rows(name))).with_columns(pl.col("valid_from", "valid_to").str.to_date(strict=False))


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return Kernel(contracts(), cities(), Places.build(reference("area"), reference("grid")), scrub_text)


def test_every_planted_record_is_rejected_by_its_rule_or_kept_whole(kernel: Kernel, small: Play) -> None:
    judged = 0
    for topic, events in small.events.items():
        strange = set(events.filter(pl.col("graft").is_not_null())["event_id"])
        sent = small.records.filter(pl.col("topic") == topic, pl.col("outcome") != "duplicate")
        (parsed,) = kernel.parse(frame(list(sent.select("key", "value").iter_rows()), contract(topic)))
        found = dict(parsed.rejects.select("offset", "rule").iter_rows())
        for offset, (rule, fault) in enumerate(sent.select("rule", "fault").iter_rows()):
            expected = None if rule == "id_conflict" else rule  # which needs the event before it
            assert found.get(offset) == expected, (topic, rule, fault, found.get(offset))
            judged += rule is not None
        kept = parsed.rows.filter(pl.col("event_id").is_in(list(strange)))
        assert kept.height >= len(strange) and kept["extra"].null_count() == 0, topic
    assert judged == small.malformed.height > 400
