"""The progress of a run: one live line on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtests.load.plan import Progress

PLAIN_LINE_EVERY_S = 5


class Display:
    """Shows the latest progress of one run."""

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console = console
        self._live = live
        self._began_s = self._spoke_s = time.perf_counter()

    def show(self, progress: Progress) -> None:
        line = Text(describe(progress, progress.at_s - self._began_s))
        if self._live:
            self._live.update(line)
        elif progress.at_s - self._spoke_s >= PLAIN_LINE_EVERY_S:
            self._spoke_s = progress.at_s
            self._console.print(line)


@contextmanager
def display(console: Console) -> Iterator[Display]:
    if not console.is_terminal:
        yield Display(console, None)
        return
    with Live(console=console, transient=True) as live:
        yield Display(console, live)


def describe(progress: Progress, elapsed_s: float) -> str:
    """One line: elapsed time, phase, users, rate, the last interval's p50 and p99, failures so far."""
    return (
        f"{elapsed_s:5.0f} s  {progress.phase:<9}  {progress.users} users  {progress.requests_per_s:,.0f} requests/s  "
        f"p50 {_ms(progress.p50_ms)}  p99 {_ms(progress.p99_ms)}  {progress.failures:,} failures"
    )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"
