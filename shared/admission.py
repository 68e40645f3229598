"""The limit on the requests that a worker takes at once."""

from __future__ import annotations

from shared.problems import Unavailable


class Gate:
    """Lets in a limited number of requests at a time.

    Taking an item from a list and putting one back are atomic: threads need no lock here.
    """

    def __init__(self, places: int) -> None:
        self._free = [None] * places

    def enter(self) -> None:
        """Take a place, which `leave` gives back. Raises Unavailable when all are taken."""
        try:
            self._free.pop()
        except IndexError as error:
            raise Unavailable("The service has as many requests under way as it takes.") from error

    def leave(self) -> None:
        self._free.append(None)
