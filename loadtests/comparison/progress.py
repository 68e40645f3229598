"""How a comparison shows itself: which pair of how many, what runs now, the time left, the ratio so far."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtests.comparison.verdict.decisions import Decision


@dataclass
class Progress:
    """Told what happens; one live line on a terminal, a plain line a pair elsewhere.

    `pair_s` is what a pair is expected to take; once some are done, they tell.
    """

    console: Console
    live: Live | None
    pairs: int
    pair_s: float

    def __post_init__(self) -> None:
        self._done = 0
        self._known = 0
        self._spent_s = 0.0
        self._so_far = ""
        self._what = ""
        self._began_s = time.perf_counter()

    def begin(self, what: str) -> None:
        """A pair begins."""
        self._what, self._began_s = what, time.perf_counter()
        self.say("starting")

    def say(self, doing: str) -> None:
        if self.live:
            self.live.update(Text(f"{self._what}: {doing} · {self._left()} left{self._so_far}"))

    def tell(self, sentence: str) -> None:
        """Something that stays to be read."""
        self.console.print(f"{self._what}: {sentence}", highlight=False, soft_wrap=True)

    def know(self) -> None:
        """The pair was finished before an interrupt: it does not tell how long another takes."""
        self._known += 1

    def end(self, telling: Sequence[Decision]) -> None:
        """A pair is done; the decisions are those on the most telling metric so far."""
        self._done += 1
        self._spent_s += time.perf_counter() - self._began_s
        self._so_far = f" · {described}" if (described := describe(telling)) else ""
        self.console.print(f"{self._what}: {self._left()} left{self._so_far}", highlight=False)

    def _left(self) -> str:
        performed = self._done - self._known
        pair_s = self._spent_s / performed if performed else self.pair_s
        return duration((self.pairs - self._done) * pair_s)


def describe(decisions: Sequence[Decision]) -> str:
    """The running estimates of a metric in a few words: of two contenders with the interval."""
    known = [(one, one.ratio) for one in decisions if one.ratio is not None]
    ratios = (f"{one.side}/a {ratio:.3f}{_interval(one) if len(decisions) == 1 else ''}" for one, ratio in known)
    return f"{decisions[0].metric} {', '.join(ratios)}" if known else ""


def _interval(decision: Decision) -> str:
    ends = decision.printable_interval
    return f" [{ends[0]:.3f} to {ends[1]:.3f}]" if ends else ""


def duration(seconds: float) -> str:
    """Minutes and seconds, for people."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


@contextmanager
def showing_progress(console: Console, pairs: int, pair_s: float) -> Iterator[Progress]:
    if not console.is_terminal:
        yield Progress(console, None, pairs, pair_s)
        return
    with Live(console=console, transient=True) as live:
        yield Progress(console, live, pairs, pair_s)
