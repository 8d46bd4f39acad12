"""Records sent round the adapter: `land` is the second line. Real Spark, broker, PostgreSQL and lake; all topics."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.contracts.registry import Contract, contracts
from streams.lake.read import frame
from streams.transforms.kernel import is_free_text
from streams.warehouse.connection import connect
from tests.fixtures.hunt import hunt_bytes, hunt_files, hunt_postgres
from tests.fixtures.records import event, key_of, value_of
from tests.fixtures.streams import SERVICE, Room, own_room

PHONE, ID_NUMBER, PLATE, EMAIL = "13987654321", "530381199001011234", "云C88888", "ouyang.na@example.com"
CARD, WECHAT, NAME = "6217463388109331954", "ouyang_na88", "欧阳娜娜"
CANARIES = [PHONE, ID_NUMBER, PLATE, EMAIL, CARD, WECHAT, NAME]
SAID = f"我叫{NAME},电话{PHONE},{PLATE},{ID_NUMBER},{EMAIL},{CARD},微信{WECHAT}"
UNKNOWN_MEMBERS = {"remark": SAID, "deep": {"list": [f"联系人{NAME}", {"phone": int(PHONE)}]}, PHONE: "called"}


def told(one: Contract) -> dict[str, Any]:
    """An event of the contract with personal data wherever a person may have typed, and in members nobody knows."""
    typed = {field.name: SAID[: field.max_length] for field in one.fields if is_free_text(field)}
    return event(one, data={one.subject_field: "round-the-adapter", **typed, **UNKNOWN_MEMBERS})


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        for one in contracts().values():
            sent = told(one)
            made.produce(one.topic, [(key_of(sent, one), value_of(sent))])
        log = made.settings.home / "logs" / "streams.log"
        with log.open("ab") as out:
            done = subprocess.run([*SERVICE, "--drain"], env=made.env, stdout=out, stderr=out, timeout=300, check=False)
        assert done.returncode == 0, log.read_text(errors="replace")[-2000:]
        yield made


def test_the_hunt_sees_them_where_they_were_sent(room: Room) -> None:
    for one in contracts().values():
        (message,) = room.consume(one.topic)
        assert hunt_bytes(message.value(), CANARIES) == set(CANARIES)


def test_they_land_and_say_what_was_taken_out(room: Room) -> None:
    for one in contracts().values():
        ((extra,),) = room.query(f"select extra from {one.raw_table}")
        assert "〔姓名〕" in extra and "〔电话〕" in extra and "〔证件号〕" in extra and '"called"' in extra
        silver = frame(room.settings, "silver", one.topic, ["extra", *(f.name for f in one.fields if is_free_text(f))])
        assert silver.height == 1
        assert all("〔姓名〕" in (text or "") for text in silver.row(0)), silver


def test_no_table_lake_file_log_or_checkpoint_holds_any(room: Room) -> None:
    with connect(room.settings, "owner") as connection:
        assert hunt_postgres(connection, CANARIES, ["raw", "live", "ops", "frozen", "published"]) == []
    home = room.settings.home
    assert {path.name for path in home.iterdir()} >= {"lake", "logs", "checkpoints", "kafka"}
    kafka = [Path(home / "kafka")]
    assert hunt_files(home, CANARIES, skip=[*kafka, *home.glob("postgres*")]) == []
    assert hunt_files(kafka[0], CANARIES), "a hunt that finds nothing on the broker's own disk proves nothing"
