"""Requests put to a form one after another, and what its log says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.stacks import LAB
from pitfalls.exhibit import Form
from pitfalls.lab import Lab
from pitfalls.old_elasticsearch import old_elasticsearch

CLIENT = ("elasticsearch", "aiohttp")
"""The packages whose versions matter to most messages."""
_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception): .+$", re.MULTILINE)
_PLACE = re.compile(r" \(/.+\)$")
_INNERMOST_REPR = re.compile(r"<[^<>]+>")


@dataclass(frozen=True)
class Replies:
    """The statuses of the responses, in order, and the last error in the log (None: there is none)."""

    statuses: tuple[int, ...]
    error: str | None

    @property
    def failures(self) -> int:
        return sum(status >= 500 for status in self.statuses)

    def fail(self, message: str, *, after: int = 0) -> bool:
        """Whether all but the first `after` answers are failures, with the message in the last error."""
        return self.failures == len(self.statuses) - after and message in (self.error or "")

    @property
    def form(self) -> Form:
        """With the error as it was logged, or the sentence that all were answered."""
        observed = self.error if self.failures and self.error else f"answered {', '.join(map(str, self.statuses))}"
        return Form(observed, {"requests": len(self.statuses), "failures": self.failures})


def ask(lab: Lab, form: Path, *, environment: str = LAB, **variables: str) -> Replies:
    """Serve the form and ask it a few times for `/`."""
    with lab.serve(form, environment=environment, **variables) as served:
        statuses = tuple(served.get().status for _ in range(3 if lab.short else 6))
        return Replies(statuses, last_error(served.logged))


def row(lab: Lab, environment: str, replies: Replies, packages: Sequence[str]) -> dict[str, str]:
    """A row of a matrix: the environment's versions of the packages, and what the form said there."""
    return lab.versions(environment, *packages) | {"says": replies.form.observed}


def matrix(lab: Lab, form: Path, today: Replies, older: Sequence[str]) -> list[dict[str, str]]:
    """What a form says in older environments, on a server that passes for Elasticsearch, and what it said `today`."""
    with old_elasticsearch() as url:
        replies = {environment: ask(lab, form, environment=environment, ES_URL=url) for environment in older}
    return [row(lab, environment, said, CLIENT) for environment, said in (replies | {LAB: today}).items()]


def last_error(log: str) -> str | None:
    """The last line that names an exception, without what differs: the insides of `<…>`, and a path at its end."""
    errors = _ERROR.findall(log)
    return _PLACE.sub("", _without_reprs(errors[-1])) if errors else None


def _without_reprs(line: str) -> str:
    while (shorter := _INNERMOST_REPR.sub("…", line)) != line:
        line = shorter
    return line
