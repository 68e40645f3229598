"""The result folder: written under a hidden name, renamed when whole, pointed at by `latest-…`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtests.checkout import PROJECT
from loadtests.errors import InvalidRunError, LabError, storage_fix
from loadtests.statistics import ALL, Summary

RESULTS = PROJECT / "results"
_RUN = "run.json"
_INVALID = ".invalid"
_TIME = "%Y%m%dT%H%M%SZ"
FORMAT = 5
"""The format of result folders. It grows when a name or a meaning in them changes.

4: throughput of closed load counted the requests that started in the measured time, each of them whole.
3: a comparison had one session; its slices were longer, 5 s of steady load.
2: every metric and endpoint had a verdict; percentiles counted a failure by the time that it took; memory was decided
by RSS, without PSS; slices had no other work; the limit of a machine whose cores were used up was the server or
Elasticsearch, whichever used more, instead of the shared cores.
1: verdicts were `faster` and `slower`; the profile `light` was `seed`.
"""
_ROOM_BYTES = 32 * 2**20
"""The space that results and temporary files need before a measurement begins."""


@dataclass(frozen=True)
class Run:
    """A finished run: the measured figures, the contender, and the conditions.

    `users` gives the number of users after each change, by seconds since the measured window's begin.
    """

    folder: str
    started: str
    contender: dict[str, Any]
    conditions: dict[str, Any]
    summary: list[Summary]
    users: list[tuple[float, int]]

    @property
    def total(self) -> Summary:
        """The summary of all endpoints."""
        return next(summary for summary in self.summary if summary.endpoint == ALL)


def check_writable(results: Path) -> None:
    """Raises LabError, which names the fix, when results or temporary files can't be written."""
    try:
        results.mkdir(parents=True, exist_ok=True)
        _try_room(results)
    except OSError as error:
        raise LabError(f"{results} can't hold a result ({error.strerror}): {storage_fix(error)}") from error
    invalid = results / _INVALID
    if os.path.lexists(invalid) and not invalid.is_dir():
        raise LabError(f"{invalid} is no folder, and the logs of invalid runs go there: make it a folder")
    try:
        _try_room(Path(tempfile.gettempdir()))
    except OSError as error:
        raise LabError(
            f"no folder can hold temporary files ({error.strerror}): make room, or name another by TMPDIR="
        ) from error


def _try_room(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_ROOM_BYTES))


def write_json(folder: Path, content: dict[str, Any]) -> None:
    """Write the record of a result folder, with the version of its format."""
    (folder / _RUN).write_text(json.dumps({"format": FORMAT, **content}, indent=2) + "\n")


def read_json(folder: Path) -> dict[str, Any]:
    """Read the record of a result folder, without its format; a record that names none has format 1.

    Raises FileNotFoundError when there is no record, ValueError for a file that is no record, and LabError for a later
    format than this version knows.
    """
    content, _ = _read(folder)
    return content


def format_of(folder: Path) -> int:
    """The format of a result folder. Raises as `read_json` does."""
    _, version = _read(folder)
    return version


def _read(folder: Path) -> tuple[dict[str, Any], int]:
    content = json.loads((folder / _RUN).read_text())
    if not isinstance(content, dict):
        raise ValueError(f"{_RUN} holds no object")  # noqa: TRY004  # callers tell every unreadable record alike
    version = content.pop("format", 1)
    if version not in range(1, FORMAT + 1):
        raise LabError(f"{folder} has the result format {version}, and this version reads 1 to {FORMAT}: update it")
    return content, version


def read_run(folder: Path) -> Run:
    """Read a run. Raises LabError when the folder holds none (but a comparison, say)."""
    try:
        content = read_json(PROJECT / folder)
        summary = [Summary(**row) for row in content.pop("summary")]
        return Run(**content, summary=summary)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LabError(
            f"{folder} holds no run: make one with make bench-sync or make bench-async, or name one"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"{folder}/{_RUN} is not the record of a run that this version can read: {error}") from error


@contextmanager
def result_folder(results: Path, name: str) -> Iterator[Path]:
    """A folder to write to, renamed to `results/<UTC time>-<name>` when the block ends well: its `.name[1:]`.

    When the run proves invalid its logs are kept in `results/.invalid`, and the error says so. After any other error
    nothing is kept. Raises LabError when another run began in the same second, and when `latest-…` is no link.
    """
    _check_link(_link(results, name))
    partial = _partial(results, name)
    _make(partial)
    try:
        yield partial
        _finish(partial, name)
    except InvalidRunError as error:
        raise InvalidRunError(f"the run is invalid: {error}\nIts logs are kept in {_keep_logs(partial)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def resumable_folder(results: Path, name: str, resume: Path | None) -> Iterator[Path]:
    """A folder as `result_folder` gives it, or the folder of an earlier attempt; errors leave its content.

    Raises LabError when there is nothing to resume, and when `latest-…` is no link.
    """
    _check_link(_link(results, name))
    if resume is None:
        partial = _partial(results, name)
        _make(partial)
    else:
        partial = resumable(results, resume)
    yield partial
    _finish(partial, name)


def resumable(results: Path, resume: Path) -> Path:
    """The folder of an interrupted attempt. Raises LabError when there is nothing to go on with."""
    partial = results / resume.name
    if not partial.is_dir() or not partial.name.startswith("."):
        raise LabError(f"{resume} is nothing to go on with: name the folder that the interrupted command named")
    return partial


def _partial(results: Path, name: str) -> Path:
    return results / f".{datetime.now(UTC):{_TIME}}-{name}"


def _finish(partial: Path, name: str) -> None:
    final = partial.with_name(final_name(partial))
    partial.rename(final)
    _point(_link(partial.parent, name), final)


def _make(partial: Path) -> None:
    try:
        partial.mkdir(parents=True)
    except FileExistsError as error:
        raise LabError(f"another run writes to {partial} at this very second: start this one again") from error


def final_name(partial: Path) -> str:
    """The final name of a folder being written."""
    return partial.name.removeprefix(".")


def begun(folder: Path) -> datetime:
    """When the run began, in UTC, by its folder's name. Raises ValueError for a name that no run has."""
    began, _, _ = final_name(folder).partition("-")
    return datetime.strptime(began, _TIME).replace(tzinfo=UTC)


def _keep_logs(partial: Path) -> Path:
    kept = partial.parent / _INVALID / final_name(partial)
    kept.mkdir(parents=True)
    for log in partial.glob("*.log"):
        shutil.move(log, kept)
    return kept


def _link(results: Path, name: str) -> Path:
    return results / f"latest-{name}"


def _check_link(link: Path) -> None:
    """Raises LabError where a folder or a file has the link's name: the lab replaces nothing that it did not make."""
    if os.path.lexists(link) and not link.is_symlink():
        raise LabError(f"{link} is no link, and the newest result needs that name for its link: move it elsewhere")


def _point(link: Path, target: Path) -> None:
    """Replaces the link in one step: a reader sees the old one or the new one. Raises LabError where it is no link."""
    _check_link(link)
    fresh = link.with_name(f".{link.name}-{os.getpid()}")
    fresh.symlink_to(target.name)
    fresh.replace(link)
