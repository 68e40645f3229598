"""The folder of a comparison: pairs as they are finished, kept through interrupts, and a result when it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtests import runs
from loadtests.checkout import PROJECT
from loadtests.comparison.pair import Pair
from loadtests.conditions import differences
from loadtests.errors import LabError
from loadtests.load.profiles import PROBE

COMPARISON = "compare"
"""The name of a result of `make bench`."""
APART = timedelta(hours=1)
"""The least time between the starts of two sessions: what an hour has of its own is in all its pairs."""
_PAIRS, _PLAN, _SESSIONS = "pairs", "plan", "sessions"


@dataclass(frozen=True)
class Design:
    """What a comparison's pairs depend on: only pairs of the same design belong together."""

    contenders: dict[str, Any]
    conditions: dict[str, Any]
    profiles: list[str]
    options: dict[str, Any]


@dataclass(frozen=True)
class Store:
    """A comparison's folder while it is written."""

    folder: Path

    def pair_folder(self, profile: str, number: int) -> Path:
        return self.folder / _PAIRS / f"{profile}-{number:02}"

    def finished(self, profile: str, number: int) -> Pair | None:
        """The pair, where it was finished before."""
        return Pair.read(self.pair_folder(profile, number)) if self.is_finished(profile, number) else None

    def is_finished(self, profile: str, number: int) -> bool:
        return (self.pair_folder(profile, number) / "pair.json").exists()

    def fresh_folder(self, profile: str, number: int) -> Path:
        """An empty folder for the pair; what an unfinished one left there is removed."""
        folder = self.pair_folder(profile, number)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder

    def has_pairs(self) -> bool:
        """Whether one of the last session is finished that is judged: to probe again takes seconds."""
        plan = self.recall(_PLAN)
        return plan is not None and any(
            profile != PROBE.name and number > self._pairs_before(plan) for profile, number in self.finished_pairs()
        )

    def finished_pairs(self) -> Iterator[tuple[str, int]]:
        """The profile and the number of each finished pair."""
        for pair in self.folder.glob(f"{_PAIRS}/*/pair.json"):
            profile, _, number = pair.parent.name.rpartition("-")
            yield profile, int(number)

    def planned_pairs(self, plan: dict[str, Any]) -> int:
        """Of each profile, in all sessions."""
        return len(self.sessions) * int(plan["options"]["pairs"])

    def _pairs_before(self, plan: dict[str, Any]) -> int:
        """Of each profile, before the last session."""
        return self.planned_pairs(plan) - int(plan["options"]["pairs"])

    @property
    def sessions(self) -> list[datetime]:
        """When each session began, in UTC. Pairs are numbered on from one session to the next."""
        known = self.recall(_SESSIONS)
        return [datetime.fromisoformat(began) for began in known] if known else [runs.begun(self.folder)]

    def begin(self, design: Design, former: Store | None) -> None:
        """Begin a comparison, or one more session in a copy of a former comparison, which stays as it is.

        The plan comes last: a folder that has one can be gone on with.
        """
        if former is not None:
            shutil.copytree(former.folder / _PAIRS, self.folder / _PAIRS)
            self.remember("ceiling", former.recall("ceiling"))
            began = [*former.sessions, datetime.now(UTC)]
            self.remember(_SESSIONS, [one.isoformat(timespec="seconds") for one in began])
        self.remember(_PLAN, asdict(design))

    def remember(self, name: str, content: Any) -> None:
        """Keep a small value by name, for the time after an interrupt: the whole of it, or what was there before."""
        unfinished = self.folder / f".{name}.json"
        unfinished.write_text(json.dumps(content, indent=1) + "\n")
        unfinished.replace(self.folder / f"{name}.json")

    def recall(self, name: str) -> Any:
        """What was kept, or None."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None


def check_appendable(append: Path, now: datetime, names: Sequence[str]) -> None:
    """Raises LabError, which names the fix, where no session of these contenders can be added to this result of
    `make bench` now."""
    folder = _resolved(append)
    if folder.name.startswith("."):
        raise LabError(f"APPEND={append} was interrupted: complete it by RESUME={append}, then append to its result")
    store = Store(folder)
    if not folder.name.endswith(f"-{COMPARISON}") or not (folder / f"{_PLAN}.json").exists():
        raise LabError(f"APPEND={append} holds no result of make bench with its pairs: name one, or begin anew")
    try:
        plan, version, last = store.recall(_PLAN), runs.format_of(folder), max(store.sessions)
    except (FileNotFoundError, ValueError) as error:
        raise LabError(
            f"APPEND={append} holds no result that this version can read: {error}; give the folder back its own name "
            "if it has another, or begin anew without APPEND="
        ) from error
    if version != runs.FORMAT:
        raise LabError(
            f"APPEND={append} has the result format {version}, and sessions are added to format {runs.FORMAT} only: "
            "begin anew without APPEND="
        )
    wanted = {(name, number + 1) for name in plan["profiles"] for number in range(store.planned_pairs(plan))}
    if missing := sorted(wanted - {*store.finished_pairs()}):
        names = ", ".join(store.pair_folder(*one).name for one in missing)
        raise LabError(f"APPEND={append} lacks the pairs {names}: name a result that has them, or begin anew")
    check_contenders(names, f"APPEND={append}")
    if now < (earliest := last + APART):
        raise LabError(
            f"APPEND={append} had a session at {last:%H:%M} UTC, and sessions begin an hour apart at "
            f"least: append from {earliest:%Y-%m-%d %H:%M} UTC on"
        )


def check_contenders(names: Sequence[str], given: str) -> None:
    """Raises LabError where the comparison that `given` names, an option with its folder, has other contenders."""
    folder = given.partition("=")[2]
    plan = Store(_resolved(Path(folder))).recall(_PLAN)
    before = [one["name"] for one in plan["contenders"].values()] if plan else []
    if plan and before != [*names]:
        raise LabError(
            f"{given} compares {', '.join(before)}, and these are {', '.join(names)}: name the same ones in the same "
            "order, or begin anew"
        )


@contextmanager
def storing(
    results: Path, name: str, design: Design, resume: Path | None, console: Console, append: Path | None = None
) -> Iterator[Store]:
    """A folder as `runs.result_folder` gives it, but one whose finished pairs outlive an interrupt or an error.

    With `resume`, the folder that was left; with `append`, a new one that begins with all pairs of that result. Raises
    LabError where it holds none, or one of another design, naming what differs.
    """
    former = Store(_resolved(append)) if append else None
    if former:
        _check_design(former, design, f"APPEND={append}")
    with runs.resumable_folder(results, name, resume) as folder:
        store = Store(folder)
        if resume is not None:
            _check_design(store, design, f"RESUME={resume}")
        try:
            if resume is None:
                store.begin(design, former)
            yield store
        except BaseException:
            if store.has_pairs():
                instead = " in the place of APPEND=" if append else ""
                console.print(
                    f"What is finished is kept; go on by the same command with RESUME=results/{folder.name}{instead}",
                    soft_wrap=True,
                )
            else:
                shutil.rmtree(folder)
            raise


def _resolved(append: Path) -> Path:
    """The folder itself, where a link such as `latest-compare` is given."""
    return (PROJECT / append).resolve()


def _check_design(store: Store, design: Design, given: str) -> None:
    """`given` is the option that names the folder, with its value."""
    name, _, folder = given.partition("=")
    plan = store.recall(_PLAN)
    if plan is None:
        raise LabError(f"{folder} was interrupted before it began: begin anew without {name}=")
    now = json.loads(json.dumps(asdict(design)))
    unlike = differences(plan, now)
    if unlike:
        raise LabError(
            f"{folder} was begun under other conditions:\n  " + "\n  ".join(unlike) +
            f"\nGo on under the same ones, or begin anew without {name}="
        )  # fmt: skip
