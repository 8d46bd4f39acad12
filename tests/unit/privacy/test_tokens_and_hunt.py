"""Tokens link repeats and nothing else; the hunt finds a canary in every disguise it is meant to find."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from streams.privacy.tokens import TokenKeys, rotated
from tests.fixtures.hunt import hunt_bytes, hunt_files, hunt_texts

OLD, NEW = "a" * 48, "b" * 48
PHONE = "13912345678"


def test_one_number_in_any_spelling_is_one_token() -> None:
    keys = TokenKeys.from_secrets({"hmac.key.1": OLD})
    spellings = ["13912345678", "139 1234 5678", "+86 139-1234-5678", "008613912345678", "１３９１２３４５６７８"]
    tokens = {keys.token(value, "shuifu/hotline") for value in spellings}
    assert len(tokens) == 1
    assert all(len(token) == 32 and PHONE not in token for token in tokens)


def test_two_sources_can_not_be_joined_by_token() -> None:
    keys = TokenKeys.from_secrets({"hmac.key.1": OLD})
    assert keys.token(PHONE, "shuifu/hotline") != keys.token(PHONE, "shuifu/letters")


def test_after_a_rotation_old_tokens_are_still_known_and_new_ones_differ() -> None:
    before = TokenKeys.from_secrets({"hmac.key.1": OLD})
    after = TokenKeys.from_secrets({"hmac.key.1": OLD, "hmac.key.2": NEW})
    assert (before.current, after.current) == ("1", "2")
    assert after.token(PHONE, "p") != before.token(PHONE, "p")
    assert before.token(PHONE, "p") in after.known_as(PHONE, "p").values()


def test_a_key_serves_for_90_days_and_then_the_oldest_is_destroyed() -> None:
    first = {"hmac.key.1": OLD, "pg.owner": "x"}
    assert TokenKeys.from_secrets(first).rotates_on is None
    second = rotated(first, NEW, date(2026, 1, 1))
    assert second == first | {"hmac.key.2": NEW, "hmac.key.2.since": "2026-01-01"}
    with pytest.raises(ValueError, match="until 2026-04-01"):
        rotated(second, "c" * 48, date(2026, 3, 31))
    third = rotated(second, "c" * 48, date(2026, 4, 1))
    assert sorted(third) == ["hmac.key.2", "hmac.key.2.since", "hmac.key.3", "hmac.key.3.since", "pg.owner"]
    with pytest.raises(ValueError, match="32 characters"):
        rotated(third, "short", date(2026, 12, 1))


def test_repeats_are_linked_across_a_rotation_for_90_days_and_not_longer() -> None:
    before = TokenKeys.from_secrets({"hmac.key.1": OLD})
    after = TokenKeys.from_secrets(rotated({"hmac.key.1": OLD}, NEW, date(2026, 1, 1)))
    token = before.token(PHONE, "p")
    assert token in after.overlap(date(2026, 3, 31)).known_as(PHONE, "p").values()
    assert token not in after.overlap(date(2026, 4, 1)).known_as(PHONE, "p").values()
    assert after.token(PHONE, "p") in after.overlap(date(2026, 4, 1)).known_as(PHONE, "p").values()


def test_a_key_older_than_two_rotations_is_not_used_any_more() -> None:
    secrets = {"hmac.key.1": OLD, "hmac.key.2": NEW, "hmac.key.10": "c" * 48, "pg.owner": "x"}
    assert list(TokenKeys.from_secrets(secrets).keys) == ["2", "10"]


def test_a_missing_or_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="missing or shorter"):
        TokenKeys.from_secrets({"pg.owner": "x"})
    with pytest.raises(ValueError, match="missing or shorter"):
        TokenKeys.from_secrets({"hmac.key.1": "short"})


def test_a_column_of_reporters_becomes_tokens_and_no_reporter_stays_null() -> None:
    keys = TokenKeys.from_secrets({"hmac.key.1": OLD})
    made = keys.tokens(pl.Series("reporter", [PHONE, None, "", " "]), "p")
    assert made.to_list() == [keys.token(PHONE, "p"), None, None, None]


@pytest.mark.parametrize("text", [PHONE, "139 1234 5678", "139-1234-5678", "１３９１２３４５６７８", "x13912345678y"])
def test_a_canary_is_found_in_every_spelling(text: str) -> None:
    assert hunt_texts(pl.Series(["nothing", f"电话{text}。"]), [PHONE, "13800000000"]) == {PHONE}


def test_a_canary_is_found_in_gbk_and_behind_escapes() -> None:
    assert hunt_bytes("车主王建国".encode("gbk"), ["王建国"]) == {"王建国"}
    assert hunt_bytes(b'{"n": "\\u738b\\u5efa\\u56fd"}', ["王建国"]) == {"王建国"}


def test_a_canary_is_found_in_parquet_gzip_and_names_but_not_in_what_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pl.DataFrame({"n": [1], "deep": [[{"text": f"电话{PHONE}"}]]}).write_parquet(
        tmp_path / "in" / "a.parquet", compression="zstd"
    )
    (tmp_path / "in" / "b.json.gz").write_bytes(gzip.compress(PHONE.encode()))
    (tmp_path / "in" / f"{PHONE}.txt").write_text("")
    (tmp_path / "clean.log").write_text("offset 139123, 2026-01-01 45678")
    (tmp_path / "dlq.log").write_text(PHONE)
    finds = hunt_files(tmp_path, [PHONE], skip=[tmp_path / "dlq.log"])
    assert [Path(find.place).name for find in finds] == [f"{PHONE}.txt", "a.parquet", "b.json.gz"]
