"""How commands end that can't do their work: in words or with a traceback's file, never with a regression's code."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from loadtests import runs
from loadtests.checkout import PROJECT
from loadtests.comparison import files
from loadtests.errors import LabError
from tests.conftest import free_port

MEASURING = {
    "loadtests bench": {},
    "loadtests aa": {},
    "loadtests gate": {"BASE": "results/example/compare"},
    "loadtests rate": {},
    "loadtests bench-sync": {},
    "loadtests bench-async": {},
    "loadtests compare": {},
    "pitfalls": {},
    "claims": {},
}
"""The commands that leave a result, and what they need to be told."""
COMPARE = {"A": "results/example/sync", "B": "results/example/async", "FORCE": "1"}


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A checkout with nothing set up in it, and one comparison in its results."""
    root = tmp_path / "lab"
    for package in ("shared", "loadtests", "pitfalls", "claims", "results/example"):
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def start(
    lab: Path, command: str, given: Mapping[str, str], stdout: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """A command of the lab; its Elasticsearch would be a new one, in the checkout's own folder."""
    environ = os.environ | {"ES_PORT": str(free_port()), **given}
    words = [sys.executable, "-m", *command.split()]
    return subprocess.Popen(words, cwd=lab, env=environ, stdout=stdout, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit code and standard error."""
    try:
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, said.decode()


def run(lab: Path, code: str, limit: Callable[[], None] | None = None, **given: str) -> tuple[int, str]:
    """A command that does what `code` says, in a process that is `limit`ed first."""
    program = f"import sys\nfrom loadtests import command\n{code}\nsys.exit(command.run(work))"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=lab, env=os.environ | given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit,
    )  # fmt: skip
    return ended(process)


def is_refused(lab: Path, commands: Mapping[str, Mapping[str, str]], reason: str) -> None:
    """Each of the commands ends in these words before anything is started."""
    with ExitStack() as started:
        processes = {name: started.enter_context(start(lab, name, given)) for name, given in commands.items()}
        found = {name: ended(process) for name, process in processes.items()}
    assert found == dict.fromkeys(commands, (4, f"error: {lab}/results can't hold a result ({reason}\n"))
    assert not (lab / ".lab").exists()


@pytest.mark.robustness
def test_no_command_measures_what_it_could_not_write(lab: Path) -> None:
    shutil.rmtree(lab / "results")
    (lab / "results").touch()
    is_refused(lab, MEASURING, "File exists): make it a folder")


@pytest.mark.robustness
def test_a_file_in_the_place_of_a_folder_for_logs_is_told(lab: Path) -> None:
    (lab / "results" / ".invalid").touch()
    with start(lab, "loadtests bench", {}) as process:
        code, said = ended(process)
    told = f"error: {lab}/results/.invalid is no folder, and the logs of invalid runs go there: make it a folder\n"
    assert (code, said) == (4, told)
    assert not (lab / ".lab").exists()


@pytest.mark.parametrize(
    "command", ["bench", *(pytest.param(one, marks=pytest.mark.robustness) for one in ("aa", "overhead", "gate"))]
)
def test_what_can_not_be_gone_on_with_is_told_before_anything_is_started(lab: Path, command: str) -> None:
    name = "results/.20261125T183643Z-overhead-sync"
    with start(lab, f"loadtests {command}", {"RESUME": name, "BASE": "results/example/compare"}) as process:
        code, said = ended(process)
    assert (code, said[:71]) == (4, f"error: {name} is nothing to go on with"[:71])
    assert not (lab / ".lab").exists()


def test_what_no_session_can_be_added_to_is_told_before_anything_is_started(lab: Path) -> None:
    given = {"APPEND": "results/example/compare"}
    with start(lab, "loadtests bench", given) as process:
        code, said = ended(process)
    assert (code, said[:67]) == (4, "error: APPEND=results/example/compare holds no result of make bench")
    assert not (lab / ".lab").exists()


@contextmanager
def file_system(folder: Path, options: str) -> Iterator[None]:
    """A file system of its own on the folder: as root, whom no permission stops."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("size=1m", "No space left on device): make room on its disk"),
        ("ro", "Read-only file system): make its file system writable"),
    ],
)
def test_a_full_or_read_only_disk_is_told_before_anything_is_measured(lab: Path, options: str, reason: str) -> None:
    with file_system(lab / "results", options):
        is_refused(lab, {"loadtests gate": MEASURING["loadtests gate"]}, reason)
        assert [*(lab / "results").iterdir()] == []


def test_a_disk_that_is_full_later_is_told_in_words(lab: Path) -> None:
    write = "def work():\n    with open('/dev/full', 'w') as file:\n        file.write('x')"
    what = "error: results/, a temporary file or the output can't be written (No space left on device)"
    assert run(lab, write) == (4, f"{what}: make room on its disk\n")


def test_a_result_that_outgrows_a_limit_leaves_nothing(lab: Path) -> None:
    """Apache Arrow's own errors too."""
    writing = """
import pyarrow, pyarrow.parquet
from pathlib import Path
from loadtests.runs import result_folder
def work():
    with result_folder(Path("made"), "sync") as folder:
        (folder / "server.log").write_text("begun")
        pyarrow.parquet.write_table(pyarrow.table({"x": list(range(100_000))}), folder / "requests.parquet")
"""
    code, said = run(lab, writing, partial(resource.setrlimit, resource.RLIMIT_FSIZE, (4096, 4096)))
    assert (code, "File too large): raise the limit on the size of files (ulimit -f)\n" in said) == (4, True), said
    assert [*(lab / "made").iterdir()] == []


def test_a_plan_that_can_not_be_written_leaves_no_folder(lab: Path) -> None:
    code = """
from pathlib import Path
from rich.console import Console
from loadtests.comparison.store import Design, storing
def work():
    with storing(Path("made"), "compare", Design({}, {"much": "x" * 10_000}, [], {}), None, Console()):
        pass
"""
    assert run(lab, code, partial(resource.setrlimit, resource.RLIMIT_FSIZE, (4096, 4096)))[0] == 4
    assert [*(lab / "made").iterdir()] == []


@pytest.mark.robustness
def test_a_comparison_without_its_pairs_is_told(lab: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (lab / "results").rglob("*")}
    code, said = ended(start(lab, "loadtests report", {"RUN": "results/example/compare"}))
    assert code == 4
    assert said.startswith(f"error: {lab}/results/example/compare/pairs lacks peak-01, peak-02")
    assert "or name a comparison that has its pairs by RUN=results/…" in said
    assert {path: path.stat().st_mtime_ns for path in (lab / "results").rglob("*")} == before


def test_a_result_that_is_a_file_is_told() -> None:
    for read in (runs.read_run, files.read):
        with pytest.raises(LabError, match=r"README\.md holds no "):
            read(PROJECT / "README.md")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("def work(): raise ZeroDivisionError('never\\nmind')", "ZeroDivisionError: never"),
        ("def work(): raise MemoryError", "MemoryError"),
        (
            "def work(): raise FileNotFoundError(2, 'No such file', 'x')",
            "FileNotFoundError: [Errno 2] No such file: 'x'",
        ),
        ("def work(): raise RecursionError('too deep')", "RecursionError: too deep"),
    ],
)
def test_what_is_not_foreseen_ends_with_4_and_names_the_file_of_its_traceback(
    lab: Path, given: str, error: str
) -> None:
    (lab / ".lab").mkdir()
    code, said = run(lab, given)
    (kept,) = (lab / ".lab").iterdir()
    assert (code, said) == (4, f"error: not foreseen, {error}; the traceback is in {kept}\n")
    assert "in work\n" in kept.read_text()


def test_the_traceback_is_among_temporary_files_or_on_the_terminal_where_the_lab_can_not_write(
    lab: Path, tmp_path: Path
) -> None:
    (lab / ".lab").touch()
    code, said = run(lab, "def work(): 1 / 0", TMPDIR=str(tmp_path))
    (kept,) = tmp_path.glob("twinlab-error-*.txt")
    assert (code, said.endswith(f"the traceback is in {kept}\n")) == (4, True)
    kept.unlink()
    nothing = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    code, said = run(lab, "def work(): 1 / 0", nothing, TMPDIR=str(tmp_path))
    assert (code, "no file could be written for the traceback:\nTraceback (most recent call last)" in said) == (4, True)
    assert [*tmp_path.glob("twinlab-error-*.txt")] == []


@pytest.mark.parametrize(
    "command",
    ["loadtests gate", *(pytest.param(one, marks=pytest.mark.robustness) for one in ("pitfalls", "claims"))],
)
def test_a_module_that_can_not_be_imported_is_no_regression(lab: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "pydantic.py").write_text("raise RuntimeError('the wrong one')")
    code, said = ended(start(lab, command, {"PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path)}))
    assert code == 4
    assert said.startswith("error: not foreseen, RuntimeError: the wrong one; the traceback is in ")


@pytest.mark.robustness
def test_an_encoding_that_lacks_characters_stops_no_table(lab: Path) -> None:
    plain = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = start(lab, "loadtests compare", COMPARE | plain)
    said, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, b"")
    assert "ratio b / a" in said.decode("ascii")
    assert (lab / "results" / "latest-compare" / "comparison.csv").exists()


def test_output_that_nobody_reads_is_told_and_the_result_is_whole(lab: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        code, said = ended(start(lab, "loadtests compare", COMPARE, closed))
    assert (code, said.startswith("error: nobody reads the output any more")) == (4, True)
    assert (lab / "results" / "latest-compare" / "run.json").exists()
    assert [*(lab / "results").glob(".*")] == []


def test_output_to_a_full_disk_is_told(lab: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, said = ended(start(lab, "loadtests compare", COMPARE, full))
    assert (code, "can't be written (No space left on device): make room" in said) == (4, True)


@pytest.mark.parametrize(
    "closed", ["<&- >&- 2>&-", *(pytest.param(one, marks=pytest.mark.robustness) for one in ("<&-", ">&-", "2>&-"))]
)
def test_a_closed_stream_stops_nothing(lab: Path, closed: str) -> None:
    environ = os.environ | COMPARE
    command = f'exec "$0" -m loadtests compare {closed}'
    ran = subprocess.run(["bash", "-c", command, sys.executable], cwd=lab, env=environ, stdout=subprocess.DEVNULL)
    assert ran.returncode == 0
    assert (lab / "results" / "latest-compare" / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_full_streams_change_no_exit_code(lab: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "loadtests", "compare"],
            cwd=lab, env=os.environ | {"A": "nothing"}, stdout=full, stderr=full,
        )  # fmt: skip
    assert process.returncode == 4
