"""Advice out of a comparison that never took place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from loadtests.comparison.figures import Side
from loadtests.comparison.result import Result
from loadtests.contenders import Contender, named
from loadtests.load.profiles import Profile
from tests.harness.comparison.made_results import PEAK, STEADY, measured


def result(*profiles: Profile, pairs: int = 3, a: Contender | None = None, **of_blocks: Any) -> Result:
    """Of the twins, or of `a` and the async twin. Its blocks have these figures, too."""
    made = measured(pairs, profiles or (PEAK, STEADY)).result
    sides: Mapping[Side, Contender] = {"a": a or named("sync"), "b": named("async")}
    contenders = {str(side): asdict(contender) for side, contender in sides.items()}
    return replace(made, contenders=contenders, blocks=[replace(block, **of_blocks) for block in made.blocks])
