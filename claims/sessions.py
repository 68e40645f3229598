"""The sessions of a claim that needs several: found again in the result folders of former `make claims`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from claims.claim import Claim
from loadtests import runs
from loadtests.conditions import differences
from loadtests.errors import LabError

APART = timedelta(hours=1)
"""The least time between the starts of two sessions: within an hour a machine has the same hour's bias."""
TOO_EARLY = "This session began within an hour of one that counts, and does not count."
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Session:
    """A whole trial: its start, and for each statement the figures of its rounds."""

    began: datetime
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Earlier:
    """A claim's sessions of former runs, and a sentence on those that can't be pooled with this run's, if any."""

    sessions: tuple[Session, ...] = ()
    others: str | None = None


def read(results: Path, claim: Claim, conditions: Mapping[str, Any], *, busy: bool) -> Earlier:
    """The sessions in all result folders of `make claims`, for a run under such conditions.

    Raises LabError for a folder whose record can't be read.
    """
    present = _terms(claim, conditions, busy)
    sessions, others = [], []
    for folder, run, trial in _trials(results, claim):
        unlike = differences(_kept_terms(run, trial), present)
        if unlike:
            others.append((folder, unlike))
        elif trial["whole"]:
            values = tuple(tuple(finding["values"]) for finding in trial["findings"])
            sessions.append(Session(datetime.fromisoformat(trial["began"]), values))
    return Earlier(tuple(sessions), _of_others(others))


def apart(sessions: Iterable[Session]) -> list[Session]:
    """Those that count: the first, and each that began an hour or more after the last one that counts."""
    counted: list[Session] = []
    for session in sorted(sessions, key=lambda one: one.began):
        if not counted or session.began - counted[-1].began >= APART:
            counted.append(session)
    return counted


def is_too_early(sessions: Iterable[Session], began: datetime) -> bool:
    """Whether one more session that began then would not count."""
    counted = apart(sessions)
    return bool(counted) and began - counted[-1].began < APART


def progress(claim: Claim, counted: Sequence[Session]) -> str:
    """How many sessions count, how many are missing, and the time from which a further one counts."""
    each = f" ({', '.join(f'{one.began:%Y-%m-%d %H:%M}' for one in counted)} UTC)" if counted else ""
    so_far = f"{len(counted)} of {claim.sessions} sessions count{each}"
    missing = claim.sessions - len(counted)
    if missing <= 0:
        return f"{so_far}."
    start = f", from {counted[-1].began + APART:%Y-%m-%d %H:%M} UTC on" if counted else ""
    return f"{so_far}; {missing} missing: run make claims ONLY={claim.name} again{start}."


def _terms(claim: Claim, conditions: Mapping[str, Any], busy: bool) -> dict[str, Any]:
    """What a session's figures depend on, as JSON gives it back: sessions that agree in all of it are pooled."""
    terms: dict[str, Any] = {
        "busy": busy,
        "arrangements": {name: asdict(one) for name, one in claim.arrangements.items()},
        "statements": {one.says: f"{one.rule} {one.unit}" for one in claim.statements},
        "conditions": conditions,
    }
    return json.loads(json.dumps(terms))  # type: ignore[no-any-return]


def _kept_terms(run: Mapping[str, Any], trial: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a former run's record, which names no `busy` where it is older than sessions."""
    return {
        "busy": run.get("busy"),
        "arrangements": trial["arrangements"],
        "statements": {one["says"]: f"{one['range']} {one['unit']}" for one in trial["findings"]},
        "conditions": run["conditions"],
    }


def _of_others(others: Sequence[tuple[str, Sequence[str]]]) -> str | None:
    if not others:
        return None
    folder, unlike = others[-1]
    more = [f"{len(unlike) - _MOST_SHOWN} more"] if len(unlike) > _MOST_SHOWN else []
    number = "1 former session was" if len(others) == 1 else f"{len(others)} former sessions were"
    return (
        f"{number} under other conditions and can't be pooled with this one; {folder} differs in "
        f"{'; '.join([*unlike[:_MOST_SHOWN], *more])}."
    )


def _trials(results: Path, claim: Claim) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each trial of the claim: its folder's name, the record of the whole run, and its own, oldest first."""
    for folder in sorted(results.glob("[0-9]*-claims")):
        try:
            run = runs.read_json(folder)
            trials = [one for one in run["claims"] if one["claim"] == claim.name]
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise LabError(
                f"{folder.name} holds no record of claims that this version can read ({error}): move the folder out of "
                f"{results.name}/"
            ) from error
        yield from ((folder.name, run, trial) for trial in trials)
