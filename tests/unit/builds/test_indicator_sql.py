"""What each indicator counts lies in the repository as SQL, so that a change of meaning is seen in review."""

from __future__ import annotations

import pytest

from streams.builds.indicator_sql import catalogue, roles_of, sql_of
from tests.unit.builds.golden import FOLDER, golden


def test_each_indicator_is_evaluated_as_its_file_says() -> None:
    rendered = golden()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.sql")}
    assert len(rendered) > 50
    assert sorted(found) == sorted(rendered), "run `python -m tests.unit.builds.golden` and look at what changes"
    assert [name for name, text in rendered.items() if found[name] != text] == []


def test_a_changed_condition_denominator_or_basis_changes_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    row = catalogue()["T03a", 2]
    before = sql_of(row)
    for changed in ({"denominator_atom": "case_received"}, {"maturity_days": "5"}, {"finest_area_level": "grid"}):
        assert sql_of(row | changed) != before, changed
    for column, value in (("counted_when", "is_received"), ("day", "closed_on")):
        with monkeypatch.context() as patch:
            patch.setitem(roles_of(row)["numerator"], column, value)
            assert sql_of(row) != before, column
    assert sql_of(row) == before


def test_the_condition_is_the_one_that_the_build_counts_by() -> None:
    text = sql_of(catalogue()["T03a", 2])
    assert "count(*) filter (where source = 'hotline.ticket' and (is_received and is_due))" in text
    assert "floor(ln(wait_seconds) / ln(1.05))" in sql_of(catalogue()["H04b", 1]), "a spread has its buckets"
