"""What SQL, Python, DAGs and pages have in common is said once; who can't read it there is compared with it here."""

from __future__ import annotations

import ast

import pytest

from streams.contracts.published import project_vars, published_table
from streams.publications import publish
from streams.quality.suites import ranking
from tests.architecture.checkout import ROOT

CAUSES = tuple(project_vars()["restatement_causes"])


def test_python_takes_the_shared_constants_from_the_dbt_project() -> None:
    assert len(CAUSES) == len(set(CAUSES)) >= 5
    assert tuple(publish.CAUSES) == CAUSES
    assert project_vars()["min_peers"] == ranking.MIN_PEERS


def test_the_dag_offers_the_causes_that_a_publication_takes() -> None:
    tree = ast.parse((ROOT / "dags/build_and_publish.py").read_text(encoding="utf-8"))
    [offered] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CAUSES"
    ]
    assert offered == CAUSES


@pytest.mark.parametrize("page", ["dags/README.md", "streams/cli/warehouse.py"])
def test_every_page_that_lists_the_causes_lists_them_all(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [cause for cause in CAUSES if cause not in text] == []


@pytest.mark.parametrize("table", ["publication", "restatement"])
def test_every_contract_that_lists_the_causes_lists_them_all(table: str) -> None:
    [column] = [one for one in published_table(table).columns if one.name == "cause"]
    assert [cause for cause in CAUSES if cause not in column.description] == []
