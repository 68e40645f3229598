"""The sessions of a claim that needs several: kept in result folders, found again by the next `make claims`."""

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
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Session:
    """One trial: the folder that holds it, its start, and for each statement the figures of its rounds."""

    folder: str
    began: datetime
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Found:
    """The earlier sessions of a claim, oldest first, and a sentence for each that can't be pooled with new ones."""

    sessions: tuple[Session, ...] = ()
    others: tuple[str, ...] = ()


def design(claim: Claim, conditions: Mapping[str, Any], *, busy: bool) -> dict[str, Any]:
    """What a session's figures depend on: only sessions of one design belong together. Ready for JSON."""
    chosen = {
        "arrangements": {name: asdict(one) for name, one in claim.arrangements.items()},
        "statements": [f"{one.says} ({one.rule} {one.unit})" for one in claim.statements],
        "busy": busy,
        "conditions": conditions,
    }
    found: dict[str, Any] = json.loads(json.dumps(chosen))
    return found


def record(began: datetime, of_design: Mapping[str, Any], values: Sequence[Sequence[float]]) -> dict[str, Any]:
    """A session as the record of a claim keeps it."""
    return {"began": began.isoformat(timespec="seconds"), "design": of_design, "values": values}


def read(results: Path, claim: Claim, of_design: Mapping[str, Any]) -> Found:
    """The claim's sessions in all result folders of `make claims`.

    Raises LabError for a folder whose record can't be read.
    """
    if claim.sessions == 1:
        return Found()
    sessions: list[Session] = []
    others: list[str] = []
    for folder, kept in _kept(results, claim):
        unlike = differences(kept["design"], of_design)
        if unlike:
            shown = "; ".join(unlike[:_MOST_SHOWN]) + (
                f"; and {len(unlike) - _MOST_SHOWN} more" * (len(unlike) > _MOST_SHOWN)
            )
            others.append(f"the session in {folder} was under other conditions and does not count: {shown}")
        else:
            values = tuple(tuple(one) for one in kept["values"])
            sessions.append(Session(folder, datetime.fromisoformat(kept["began"]), values))
    return Found(tuple(sorted(sessions, key=lambda one: one.began)), tuple(others))


def apart(sessions: Iterable[Session]) -> list[Session]:
    """Those that count: the first, and each that began an hour or more after the last one that counts."""
    counted: list[Session] = []
    for session in sorted(sessions, key=lambda one: one.began):
        if not counted or session.began - counted[-1].began >= APART:
            counted.append(session)
    return counted


def told(claim: Claim, counted: Sequence[Session], present: Session, *, is_whole: bool) -> str:
    """A sentence on the sessions that count, and on the time of the next one where more are needed."""
    each = ", ".join(f"{one.began:%Y-%m-%d %H:%M}" for one in counted)
    sentences = [f"{len(counted)} of {claim.sessions} sessions count (UTC: {each})" if counted else "No session counts"]
    if not is_whole:
        sentences.append("this one lost rounds and does not count")
    elif present not in counted:
        sentences.append("this one began less than an hour after the last that counts, and does not count")
    if len(counted) < claim.sessions:
        sentences.append(f"run make claims ONLY={claim.name} again{_from(counted)}")
    return "; ".join(sentences) + "."


def _from(counted: Sequence[Session]) -> str:
    return f" from {counted[-1].began + APART:%Y-%m-%d %H:%M} UTC on" if counted else ""


def _kept(results: Path, claim: Claim) -> Iterator[tuple[str, dict[str, Any]]]:
    """The session in each result folder that holds one."""
    for folder in sorted(results.glob("[0-9]*-claims")):
        try:
            claims = runs.read_json(folder)["claims"]
            kept = [one["session"] for one in claims if one["claim"] == claim.name and one.get("session")]
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise LabError(
                f"{folder.name} holds no record of claims that this version can read ({error}): remove the folder from "
                f"{results.name}/"
            ) from error
        yield from ((folder.name, one) for one in kept)
