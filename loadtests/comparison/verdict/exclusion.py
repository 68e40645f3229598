"""Pairs from which nothing follows, because the generator or the machine did wrong; and how many are too many."""

from __future__ import annotations

from collections.abc import Iterable

from loadtests.comparison.figures import Block

MOST_LOST_SHARE = 0.1
"""Of a profile's pairs. What disturbs more of them may well depend on the side, and then the rest is biased."""


def lost_pairs(blocks: Iterable[Block]) -> dict[str, set[int]]:
    """The pairs of each profile of which a block is invalid. Both sides of such a pair are left out."""
    lost: dict[str, set[int]] = {}
    for block in blocks:
        of_profile = lost.setdefault(block.profile, set())
        if block.invalid is not None:
            of_profile.add(block.pair)
    return lost


def without_verdict(blocks: Iterable[Block]) -> dict[str, str]:
    """Of each profile that lost more than a tenth of its pairs, in words how many; it gets no verdict."""
    all_blocks = [*blocks]
    reasons = {}
    for profile, lost in lost_pairs(all_blocks).items():
        pairs = {block.pair for block in all_blocks if block.profile == profile}
        if len(lost) > MOST_LOST_SHARE * len(pairs):
            reasons[profile] = (
                f"{profile} load lost {len(lost)} of {len(pairs)} pairs, and a verdict may lose {MOST_LOST_SHARE:.0%}"
            )
    return reasons
