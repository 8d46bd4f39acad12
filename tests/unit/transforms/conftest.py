from __future__ import annotations

import polars as pl
import pytest

from streams.contracts.registry import cities, contracts
from streams.privacy.scrub import scrub_text
from streams.reference.registry import rows
from streams.transforms.kernel import Kernel
from streams.transforms.locate import Places


def reference(name: str) -> pl.DataFrame:
    return pl.DataFrame(list(rows(name))).with_columns(pl.col("valid_from", "valid_to").str.to_date(strict=False))


@pytest.fixture(scope="session")
def places() -> Places:
    return Places.build(reference("area"), reference("grid"))


@pytest.fixture(scope="session")
def kernel(places: Places) -> Kernel:
    return Kernel(contracts(), cities(), places, scrub_text)


@pytest.fixture(scope="session")
def plain_kernel(places: Places) -> Kernel:
    """A kernel that scrubs nothing: what it gives must be what was sent."""
    return Kernel(contracts(), cities(), places, lambda texts: texts)
