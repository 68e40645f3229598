"""The folder of a comparison: pairs as they are finished, kept through interrupts, and a result when it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from loadtests import runs
from loadtests.comparison.pair import Pair
from loadtests.comparison.profiles import PROBE
from loadtests.conditions import differences
from loadtests.errors import LabError

_PAIRS = "pairs"


@dataclass(frozen=True)
class Plan:
    """What a comparison's pairs depend on: only pairs of the same plan belong together."""

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
        """The pair, where it was finished before; what is left of an unfinished one is removed."""
        folder = self.pair_folder(profile, number)
        if (folder / "pair.json").exists():
            return Pair.read(folder)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return None

    def has_pairs(self) -> bool:
        """Whether one is finished that is judged: to probe again takes seconds."""
        folders = {finished.parent for finished in self.folder.glob(f"{_PAIRS}/*/pair.json")}
        return not folders <= {self.pair_folder(PROBE.name, 1)}

    def remember(self, name: str, content: Any) -> None:
        """Keep a small value by name, for the time after an interrupt."""
        (self.folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")

    def recall(self, name: str) -> Any:
        """What was kept, or None."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None


@contextmanager
def storing(results: Path, name: str, plan: Plan, resume: Path | None, console: Console) -> Iterator[Store]:
    """A folder as `runs.result_folder` gives it, but one whose finished pairs outlive an interrupt or an error.

    With `resume`, the folder that was left. Raises LabError where it is of another plan, naming what differs, or holds
    none.
    """
    with runs.resumable_folder(results, name, resume) as folder:
        store = Store(folder)
        if resume is not None:
            _check_plan(store, plan, resume)
        try:
            if resume is None:
                store.remember("plan", asdict(plan))
            yield store
        except BaseException:
            if store.has_pairs():
                console.print(
                    f"What is finished is kept; go on by the same command with RESUME=results/{folder.name}",
                    soft_wrap=True,
                )
            else:
                shutil.rmtree(folder)
            raise


def _check_plan(store: Store, plan: Plan, resume: Path) -> None:
    now = json.loads(json.dumps(asdict(plan)))
    unlike = differences(store.recall("plan"), now)
    if unlike:
        raise LabError(
            f"{resume} was begun under other conditions:\n  " + "\n  ".join(unlike) +
            "\nGo on under the same ones, or begin anew without RESUME="
        )  # fmt: skip
