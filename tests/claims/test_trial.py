"""A claim tried with real parts, in its shortest form."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from claims import runner
from claims.claim import Arrangement
from claims.ledger import ceilings
from claims.trial import MOST_LOST_ROUNDS, Site, try_out
from loadtests.backend import Backend
from loadtests.backend.loader import load_corpus
from loadtests.backend.node import Node
from loadtests.options import BackendOptions
from tests.claims.support import CLAIM, LOAD
from tests.harness.conftest import BACKEND, STANDIN
from tests.harness.standin import BEHAVIOUR, CATALOGUE

pytestmark = [pytest.mark.robustness, pytest.mark.xdist_group("twins")]
"""Beside the twins' own tests, which need the same Elasticsearch."""

EQUAL_CAPS = ceilings.CLAIM.arrangements["equal caps"]
SHORT = replace(
    ceilings.CLAIM,
    arrangements={"equal caps": replace(EQUAL_CAPS, profile=replace(EQUAL_CAPS.profile, slice_s=3.0))},
    statements=ceilings.CLAIM.statements[2:],
    rounds=2,
)


@pytest.fixture(scope="module")
def backend(elasticsearch: Node, console: Console) -> Backend:
    loaded = load_corpus(elasticsearch.url, BackendOptions(books=300), console)
    mode, version = "embedded", "8.17.10"
    return Backend(elasticsearch.url, mode, version, elasticsearch.pid, loaded.documents, loaded.corpus_sha256)


def test_two_rounds_are_measured_and_decide_nothing(backend: Backend, tmp_path: Path, console: Console) -> None:
    (trial,) = runner.run([SHORT], backend, console, tmp_path)
    assert (len(trial.rounds), trial.invalid, trial.judgement.mark) == (2, (), "undecided")
    assert [len(finding.values) for finding in trial.judgement.findings] == [2]
    for sides in (played["equal caps"] for played in trial.rounds):
        assert {side: reading.block.contender for side, reading in sides.items()} == {"a": "sync", "b": "async"}
        assert all((reading.endpoint.p50_ms or 0) > ceilings.LATENCY_MS for reading in sides.values())

    folder = (tmp_path / "latest-claims").resolve()
    assert {path.name for path in folder.iterdir()} == {
        "claims.csv", "blocks.csv", "slices.csv", "claims.html", "run.json", "pairs",
    }  # fmt: skip
    with (folder / "claims.csv").open(newline="") as file:
        rows = [(row["claim"], row["mark"], row["rounds"], row["truth"]) for row in csv.DictReader(file)]
    assert rows == [("ceilings", "undecided", "2", "open")]
    record = json.loads((folder / "run.json").read_text())
    assert [(one["claim"], one["mark"]) for one in record["claims"]] == [("ceilings", "undecided")]


def test_rounds_in_which_a_server_dies_prove_nothing_and_are_not_played_for_ever(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BEHAVIOUR, "dying")
    claim = replace(CLAIM, arrangements={"here": Arrangement(STANDIN, STANDIN, LOAD)})
    trial = try_out(claim, Site(BACKEND, CATALOGUE, tmp_path, console))
    assert (trial.rounds, trial.judgement.mark) == ((), "undecided")
    assert len(trial.invalid) == MOST_LOST_ROUNDS + 1
    assert all("the sync server ended (exit code 3) during the run" in reason for reason in trial.invalid)
