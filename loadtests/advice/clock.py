"""Simulated time: lives that go on until they need something, in the order in which they get it.

A life is a generator that yields what it needs next: a `Resource` that it then holds, or a time in seconds that passes.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from itertools import count

Life = Generator["Resource | float", None, None]


class Resource:
    """Something that `size` lives hold at a time; others queue for it, first come, first served."""

    def __init__(self, size: float) -> None:
        self._free = size
        self._queue: deque[Life] = deque()

    def take(self, life: Life) -> bool:
        """Whether there was one free; if not, the life is queued, and will hold it when it goes on."""
        if self._free:
            self._free -= 1
            return True
        self._queue.append(life)
        return False

    def leave(self) -> Life | None:
        """Who holds it now: the life that waited longest, if any."""
        if self._queue:
            return self._queue.popleft()
        self._free += 1
        return None


class Clock:
    """Runs lives; `now_s` is the time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._agenda: list[tuple[float, int, Life]] = []
        self._turns = count()

    def begin(self, life: Life, at_s: float) -> None:
        """Once all that comes before that moment has happened."""
        self.work_until(at_s)
        self.now_s = at_s
        self._go_on(life)

    def work_until(self, end_s: float) -> None:
        while self._agenda and self._agenda[0][0] <= end_s:
            self.now_s, _, life = heapq.heappop(self._agenda)
            self._go_on(life)

    def using(self, resource: Resource, time_s: float) -> Life:
        """A stretch of a life: to get a resource, hold it for so long, and leave it."""
        yield resource
        yield time_s
        self.leave(resource)

    def leave(self, resource: Resource) -> None:
        if (next_one := resource.leave()) is not None:
            self._plan(next_one, 0)

    def _go_on(self, life: Life) -> None:
        for need in life:
            if isinstance(need, Resource):
                if not need.take(life):
                    return
            else:
                self._plan(life, need)
                return

    def _plan(self, life: Life, in_s: float) -> None:
        heapq.heappush(self._agenda, (self.now_s + in_s, next(self._turns), life))
