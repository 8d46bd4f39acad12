"""Names of hidden schemas."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.builds.runs import MAX_SCHEMA_CHARS, wap_schema
from streams.errors import CityBrainError


def test_a_plain_run_id_keeps_its_name() -> None:
    assert wap_schema("demo_2026_11") == "wap_demo_2026_11"


def test_run_ids_that_look_alike_get_schemas_of_their_own() -> None:
    names = [wap_schema(run_id) for run_id in ("a-b", "a_b", "a.b", "A_b", "a__b", "a_b_")]
    assert len(set(names)) == len(names)


@given(st.text(min_size=1, max_size=250).filter(lambda text: text.strip() and text.isprintable()))
def test_any_run_id_becomes_a_safe_name(run_id: str) -> None:
    name = wap_schema(run_id)
    assert re.fullmatch(r"wap_[a-z0-9_]+", name)
    assert len(name) <= MAX_SCHEMA_CHARS
    assert name == wap_schema(run_id)


@pytest.mark.parametrize("run_id", ["", "  ", "a\nb", "x" * 251, 'a"; drop schema published\x00'])
def test_an_unusable_run_id_is_a_usage_error(run_id: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        wap_schema(run_id)
    assert caught.value.exit_code == 2
