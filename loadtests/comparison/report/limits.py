"""What limited each contender's blocks, and what shared a core."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from loadtests.comparison.figures import SIDES, Block, Side
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.selection import blocks
from loadtests.comparison.report.wording import joined
from loadtests.comparison.result import Result
from loadtests.load.profiles import Profile

CORES_TO_PART = 3
"""With fewer, generator, server and backend can't have a core each."""
_TOLD_FROM = 0.005
LIMITS = {
    "server": "the server's CPU",
    "slots": "the server's threads or pool",
    "backend": "Elasticsearch",
    "cores": "the shared cores",
    "other work": "other work on the machine",
    "none": "nothing",
    "unknown": "something not known",
}
"""What can limit a block from which something follows: one that the generator limited is invalid, as is one with too
much other work where that is limited."""


def named_limits(result: Result) -> dict[str, str]:
    """LIMITS, as a result names them: a replayed backend is no Elasticsearch."""
    return LIMITS | ({"backend": "the replay"} if result.replay else {})


@dataclass(frozen=True)
class _Limit:
    """A key of `LIMITS`, and of how many valid blocks it is true."""

    key: str
    share: str


def limit(block: Block) -> str:
    """A key of `LIMITS`: where the server's CPU is not known, that nothing limited it can't be known either."""
    unseen = block.bottleneck == "none" and block.server_cores is None
    return "unknown" if unseen else block.bottleneck


def limits(result: Result, profile: Profile, legend: Legend) -> str | None:
    """A clause that tells what limited the valid blocks; None where there are none of one side."""
    a, b = (_most_common(result, profile, side) for side in SIDES)
    if not a or not b:
        return None
    shares = " and ".join(
        f"with {legend.name(side)} to {_shares_of_cores(result, profile, side)}"
        for side, each in zip(SIDES, (a, b), strict=True)
        if each.key == "cores"
    )
    clause = _clause(a, b, profile, legend, named_limits(result))
    return f"{clause}; the cores' time went {shares}" if shares else clause


def _clause(a: _Limit, b: _Limit, profile: Profile, legend: Legend, named: dict[str, str]) -> str:
    where = f"at {profile.name} load"
    if a.key == b.key:
        shares = f"{a.share} of each" if a.share == b.share else f"{a.share} and {b.share}"
        what = "neither reached a limit" if a.key == "none" else f"{named[a.key]} limited both"
        return f"{where} {what} ({shares})"
    who = [f"{named[each.key]} limited {name} ({each.share})" for each, name in ((a, legend.a), (b, legend.b))]
    return f"{where} {joined(who)}"


def shared_cores(result: Result) -> str | None:
    """A clause that tells what shared a core; None where there were enough, or nobody knows how many."""
    cores = result.conditions.get("machine", {}).get("cores")
    if cores is None or cores >= CORES_TO_PART:
        return None
    backend = named_limits(result)["backend"]
    return f"the server, {backend} and the load generator shared {cores} core{'s' if cores > 1 else ''}"


def _shares_of_cores(result: Result, profile: Profile, side: Side) -> str:
    """The share of the used cores that each had, on average over the blocks that these limited."""
    ours = [one for one in blocks(result, profile, side) if one.invalid is None and one.bottleneck == "cores"]
    used = {
        "the server": [one.server_cores or 0.0 for one in ours],
        named_limits(result)["backend"]: [one.backend_cores or 0.0 for one in ours],
        "the load generator": [one.generator_cores for one in ours],
        "other work": [one.other_cores or 0.0 for one in ours],
    }
    whole = sum(one.machine_cores for one in ours)
    parts = {name: sum(each) / whole for name, each in used.items()}
    return joined([f"{name} ({share:.0%})" for name, share in parts.items() if share >= _TOLD_FROM])


def _most_common(result: Result, profile: Profile, side: Side) -> _Limit | None:
    valid = [limit(block) for block in blocks(result, profile, side) if block.invalid is None]
    if not valid:
        return None
    (key, count), *_ = Counter(valid).most_common()
    return _Limit(key, f"{'all' if count == len(valid) else f'{count} of'} {len(valid)} blocks")
