"""What the load generator takes of the CPU for each request, beside the contenders, in a comparison that was made.

    RUN=results/latest-compare python -m tests.benchmarks.generator_cost

Nothing is measured anew. A median over the valid blocks of each contender and profile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import median

from loadtests.comparison.figures import Block
from loadtests.tables import read_values
from tests.benchmarks import markdown
from tests.benchmarks.pairs import Row

_HEADER = ("profile", "contender", "responses/s", "contender, CPU ms", "generator, CPU ms")


def rows(blocks: list[Block]) -> Iterator[Row]:
    """As `_HEADER` says."""
    valid = sorted((one for one in blocks if one.invalid is None), key=_kind)
    for (profile, contender), group in groupby(valid, _kind):
        same = [*group]
        yield (
            profile,
            contender,
            median(one.correct_answers_per_s for one in same),
            median(one.cpu_ms_per_correct_answer or 0.0 for one in same),
            median(one.generator_cores * one.counted_s / one.requests * 1000 for one in same),
        )


def _kind(block: Block) -> tuple[str, str]:
    return block.profile, block.contender


if __name__ == "__main__":
    run = Path(os.environ.get("RUN", "results/latest-compare"))
    markdown.show(_HEADER, rows(read_values(run / "blocks.csv", Block)))
