"""What a reader can expect of every claim, and that all of them fit into half an hour."""

from __future__ import annotations

import pytest

from claims import ledger
from claims.claim import ROUNDS, Claim, Round, Share
from claims.ledger import CLAIMS
from loadtests.errors import LabError
from loadtests.load.workloads import WORKLOADS
from tests.claims.support import reading

MOST_S = 30 * 60

every_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)


@every_claim
def test_a_claim_says_what_and_who_and_how(claim: Claim) -> None:
    assert claim.says.endswith(".")
    assert claim.how.endswith(".")
    assert claim.sources
    assert all(source.url.startswith("https://") for source in claim.sources)


@every_claim
def test_a_claim_has_rounds_enough_to_be_decided(claim: Claim) -> None:
    assert claim.rounds >= ROUNDS


@every_claim
def test_a_claim_has_a_statement_with_a_range(claim: Claim) -> None:
    assert not all(statement.describes for statement in claim.statements)
    for statement in claim.statements:
        ends = [end for end in (statement.low, statement.high) if end is not None]
        assert ends == sorted(ends)


@every_claim
def test_every_figure_is_computed_from_the_claims_own_arrangements(claim: Claim) -> None:
    played: Round = {name: {"a": reading(), "b": reading()} for name in claim.arrangements}
    assert all(isinstance(statement.figure(played), float | None) for statement in claim.statements)


@every_claim
def test_every_arrangement_can_be_played(claim: Claim) -> None:
    known: set[str] = set()
    for name, arrangement in claim.arrangements.items():
        assert arrangement.workload in WORKLOADS
        assert (arrangement.profile.kind == "open") == (arrangement.rate is not None)
        if isinstance(arrangement.rate, Share):
            assert arrangement.rate.of in known
        known.add(name)


def test_names_are_unique() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


def test_all_together_take_less_than_half_an_hour() -> None:
    assert sum(claim.whole_s for claim in CLAIMS) < MOST_S


def test_one_claim_is_found_by_its_name() -> None:
    assert [claim.name for claim in ledger.find("tail")] == ["tail"]
    assert ledger.find(None) == [*CLAIMS]


def test_a_claim_that_there_is_not_is_refused_with_a_list_of_those_that_there_are() -> None:
    with pytest.raises(LabError, match="there is no claim named tails; there are ceilings, growth"):
        ledger.find("tails")
