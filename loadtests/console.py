"""The output of the lab's commands."""

from __future__ import annotations

from rich.console import Console

from loadtests.errors import OutputClosedError


class Output(Console):
    """rich's console. By itself it would end the command with 1 when nobody reads its output."""

    def on_broken_pipe(self) -> None:
        raise OutputClosedError("nobody reads the output any more: let it be read to its end, or send it to a file")
