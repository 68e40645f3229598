"""The claims, in the order of their trials; a module each."""

from __future__ import annotations

from claims.claim import Claim
from claims.ledger import async_def, ceilings, cpu_bound, growth, memory, published, tail
from loadtests.errors import LabError

CLAIMS = tuple(module.CLAIM for module in (ceilings, growth, cpu_bound, tail, async_def, published, memory))


def find(only: str | None) -> list[Claim]:
    """All claims, or the one named `only`. Raises LabError for an unknown name."""
    if only is not None and only not in [claim.name for claim in CLAIMS]:
        raise LabError(f"there is no claim named {only}; there are {', '.join(claim.name for claim in CLAIMS)}")
    return [claim for claim in CLAIMS if only in (None, claim.name)]
