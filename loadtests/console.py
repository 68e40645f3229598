"""Where a command of the lab says what it does."""

from __future__ import annotations

from rich.console import Console

from loadtests.errors import OutputClosedError


class Output(Console):
    """rich's console, which would end the command with 1 where nobody reads its output any more."""

    def on_broken_pipe(self) -> None:
        raise OutputClosedError("nobody reads the output any more: let it be read to its end, or send it to a file")
