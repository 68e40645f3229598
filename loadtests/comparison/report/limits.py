"""What limited each contender's blocks, and what shared a core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.comparison.figures import Block, Side
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
    """A clause that tells what limited the valid blocks; None where there are none of one side.

    Of two contenders it also tells where the time of shared cores went.
    """
    each = {side: _most_common(result, profile, side) for side in result.contenders}
    known = {side: limit for side, limit in each.items() if limit}
    if len(known) < len(each):
        return None
    shares = " and ".join(
        f"with {legend.name(side)} to {_shares_of_cores(result, profile, side)}"
        for side, limit in known.items()
        if limit.key == "cores" and legend.is_of_two
    )
    clause = _clause({legend.name(side): limit for side, limit in known.items()}, profile, named_limits(result))
    return f"{clause}; the cores' time went {shares}" if shares else clause


def _clause(each: Mapping[str, _Limit], profile: Profile, named: dict[str, str]) -> str:
    """`each` has the contenders' limits by their names."""
    where = f"at {profile.name} load"
    keys = dict.fromkeys(limit.key for limit in each.values())
    if len(keys) > 1:
        return f"{where} {joined([_limited(key, each, named) for key in keys])}"
    (key,) = keys
    shares = [*dict.fromkeys(limit.share for limit in each.values())]
    told = f"{shares[0]} of each" if len(shares) == 1 else joined([limit.share for limit in each.values()])
    none, everyone = ("neither", "both") if len(each) == 2 else ("none", "all")
    return f"{where} {f'{none} reached a limit' if key == 'none' else f'{named[key]} limited {everyone}'} ({told})"


def _limited(key: str, each: Mapping[str, _Limit], named: dict[str, str]) -> str:
    ours = {name: limit.share for name, limit in each.items() if limit.key == key}
    return f"{named[key]} limited {joined([*ours])} ({joined([*dict.fromkeys(ours.values())])})"


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
