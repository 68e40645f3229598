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
from loadtests.conditions import differences
from loadtests.errors import LabError
from loadtests.load.profiles import PROBE

_PAIRS = "pairs"


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
        folder = self.pair_folder(profile, number)
        return Pair.read(folder) if (folder / "pair.json").exists() else None

    def fresh_folder(self, profile: str, number: int) -> Path:
        """An empty folder for the pair; what an unfinished one left there is removed."""
        folder = self.pair_folder(profile, number)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder

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
def storing(results: Path, name: str, design: Design, resume: Path | None, console: Console) -> Iterator[Store]:
    """A folder as `runs.result_folder` gives it, but one whose finished pairs outlive an interrupt or an error.

    With `resume`, the folder that was left. Raises LabError where it holds none, or one of another design, naming what
    differs.
    """
    with runs.resumable_folder(results, name, resume) as folder:
        store = Store(folder)
        if resume is not None:
            _check_design(store, design, resume)
        try:
            if resume is None:
                store.remember("plan", asdict(design))
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


def _check_design(store: Store, design: Design, resume: Path) -> None:
    now = json.loads(json.dumps(asdict(design)))
    unlike = differences(store.recall("plan"), now)
    if unlike:
        raise LabError(
            f"{resume} was begun under other conditions:\n  " + "\n  ".join(unlike) +
            "\nGo on under the same ones, or begin anew without RESUME="
        )  # fmt: skip
