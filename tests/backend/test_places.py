"""Folders that the user who runs Elasticsearch can reach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.backend.account import Account, unprivileged
from loadtests.backend.places import let_everyone_read, reachable
from loadtests.errors import LabError
from tests.backend.support import Notes

AS_LONE_ROOT = ("unshare", "--user", "--map-root-user")
"""Runs a command as the root of a container that has no other user."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def nobody(tmp_path: Path) -> Account:
    """Who runs Elasticsearch when root owns the project, as it owns `tmp_path` here."""
    account = unprivileged(tmp_path)
    assert account is not None
    return account


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Path]:
    """A folder below one that only its owner may enter, as a clone in a new temporary folder is."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = closed / "a clone" / "elasticsearch"
    yield folder
    shutil.rmtree(folder.resolve(), ignore_errors=True)


def test_a_user_of_their_own_folders_needs_no_stand_in(tmp_path: Path) -> None:
    notes = Notes()
    assert reachable(tmp_path / "new" / "folder", None, notes) == tmp_path / "new" / "folder"
    assert (tmp_path / "new" / "folder").is_dir()
    assert notes.lines == []


@needs_root
def test_a_folder_out_of_reach_gets_a_stand_in(private: Path, nobody: Account) -> None:
    notes = Notes()
    stand_in = reachable(private, nobody, notes)
    assert reachable(private, nobody, notes) == stand_in
    assert private.readlink() == stand_in
    assert stand_in.parent == Path("/var/tmp")
    assert nobody.reaches(stand_in)
    assert notes.lines == [
        f"user {nobody.name}, who runs Elasticsearch, can't reach {private}: {stand_in} stands in for it"
    ]


@needs_root
def test_a_stand_in_that_was_cleaned_away_is_made_again(private: Path, nobody: Account) -> None:
    stand_in = reachable(private, nobody, Notes())
    stand_in.rmdir()
    assert reachable(private, nobody, Notes()) == stand_in
    assert stand_in.is_dir()


@needs_root
def test_a_stand_in_of_another_user_is_not_trusted(private: Path, nobody: Account) -> None:
    stand_in = reachable(private, nobody, Notes())
    os.chown(stand_in, nobody.uid + 1, -1)
    with pytest.raises(LabError, match=f"{stand_in} belongs to another user"):
        reachable(private, nobody, Notes())


@needs_root
def test_what_is_in_a_folder_is_not_thrown_away_for_a_stand_in(private: Path, nobody: Account) -> None:
    private.mkdir(parents=True)
    (private / "a file").write_text("")
    with pytest.raises(LabError, match="delete it"):
        reachable(private, nobody, Notes())
    assert (private / "a file").exists()


@needs_root
def test_the_owner_of_the_project_runs_it(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 23456)
    assert unprivileged(tmp_path) == Account("12345", 12345, 23456)


@pytest.mark.skipif(os.geteuid() == 0, reason="root never runs Elasticsearch")
def test_an_ordinary_user_runs_it(tmp_path: Path) -> None:
    assert unprivileged(tmp_path) is None


@pytest.mark.skipif(subprocess.call([*AS_LONE_ROOT, "true"]) != 0, reason="no user namespaces here")
def test_a_root_that_cannot_become_another_user_is_told_so() -> None:
    imports = "from pathlib import Path; from loadtests.backend.account import Account"
    code = f"{imports}; Account('nobody', 1, 1).reaches(Path('/'))"
    attempt = subprocess.run(
        [*AS_LONE_ROOT, sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False
    )
    assert "LabError: Elasticsearch refuses to run as root, and root can't become user nobody here" in attempt.stderr


def test_everyone_gets_the_owners_right_to_read_and_run(tmp_path: Path) -> None:
    modes = {"folder": 0o700, "folder/program": 0o700, "folder/text": 0o600}
    (tmp_path / "folder").mkdir()
    for name, mode in modes.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    let_everyone_read(tmp_path / "folder")
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in modes} == {
        "folder": 0o755,
        "folder/program": 0o755,
        "folder/text": 0o644,
    }
