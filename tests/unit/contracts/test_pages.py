"""The page on dead letters: somebody who holds one finds what it means and what to do, in either language."""

from __future__ import annotations

import re

import pytest

from streams.contracts.pages import contracts_page, dead_letters_page
from streams.contracts.registry import contracts
from streams.contracts.validate import BEYOND_EXAMPLES, RULES


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## `(\w+)` ", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_has_its_section_in_the_order_of_trying() -> None:
    assert list(sections(dead_letters_page())) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_section_says_what_why_what_to_do_and_shows_a_record(rule: str) -> None:
    said, told = sections(dead_letters_page())[rule], RULES[rule]
    for text in told:
        assert text in said
    assert re.search("[\u4e00-\u9fff]", told.zh) and re.search("[\u4e00-\u9fff]", told.do_zh)
    if rule == BEYOND_EXAMPLES:
        assert "Example (" not in said
        return
    shown = re.search(r"Example \((.+)\), on `(.+)`:\n\n```text\n(.+)\n```", said, re.DOTALL)
    assert shown and shown[2] in contracts() and shown[3].strip()


def test_the_examples_say_what_is_wrong_with_them() -> None:
    page = sections(dead_letters_page())
    assert 'data.detection_type = "face_recognition"' in page["type_not_allowed"]
    assert "value = null" in page["tombstone"]
    assert "(the same event came before, without this change)" in page["id_conflict"]
    assert re.search(r"\\x[89a-f][0-9a-f]", page["not_utf8"])
    assert r"\x00\x00\x00\x00\x07{" in page["registry_frame"]
    assert "400000 times" in page["too_large"]


def test_the_examples_come_from_many_topics() -> None:
    assert len(set(re.findall(r"on `(city\.[^`]+)`", dead_letters_page()))) > 6


def test_the_contracts_page_has_every_topic_and_leads_to_the_rules() -> None:
    page = contracts_page()
    assert [topic for topic in contracts() if f"## `{topic}`" not in page] == []
    assert "(dead_letters.md)" in page
