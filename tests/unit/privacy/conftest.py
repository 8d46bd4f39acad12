from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.privacy import persons

IS_INSTALLED = persons.installed()


@pytest.fixture(params=["reader", "rules"], scope="module")
def who(request: pytest.FixtureRequest) -> Iterator[str]:
    """Who finds names: the rules with the trained reader, then the rules alone, as where it is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "rules":
            patch.setattr(persons, "installed", lambda: False)
        yield request.param


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trained reader is here and asked, whatever a module's `who` left behind."""
    assert IS_INSTALLED
    monkeypatch.setattr(persons, "installed", lambda: True)
