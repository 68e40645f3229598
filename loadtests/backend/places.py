"""The lab's folders, and their stand-ins when the user that runs Elasticsearch can't reach them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rich.console import Console

from loadtests.backend.account import Account
from loadtests.errors import LabError

_STAND_INS = Path("/var/tmp")
"""A folder that everyone reaches, and whose content outlives a reboot."""


def reachable(folder: Path, account: Account | None, console: Console) -> Path:
    """`folder`, created if needed, or the stand-in that it links to when `account` can't reach it. Raises LabError."""
    if not folder.is_symlink():
        folder.mkdir(parents=True, exist_ok=True)
        if account is not None and not account.reaches(folder):
            _link_to_stand_in(folder, account, console)
    if folder.is_symlink():
        _make_stand_in(folder.readlink(), account)
    return folder.resolve()


def let_everyone_read(folder: Path) -> None:
    """Give everyone the owner's rights to read `folder` and run its programs, whatever the umask was."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)


def _link_to_stand_in(folder: Path, account: Account, console: Console) -> None:
    stand_in = _STAND_INS / f"twinlab-{hashlib.sha256(bytes(folder.absolute())).hexdigest()[:16]}"
    try:
        folder.rmdir()
    except OSError as error:
        raise LabError(
            f"user {account.name}, who runs Elasticsearch, can't reach {folder}: delete it (the lab makes it anew "
            "elsewhere), or let others through the folders above it with chmod o+x"
        ) from error
    folder.symlink_to(stand_in)
    console.out(f"user {account.name}, who runs Elasticsearch, can't reach {folder}: {stand_in} stands in for it")


def _make_stand_in(folder: Path, account: Account | None) -> None:
    folder.mkdir(exist_ok=True)
    if account is None:
        return
    if folder.lstat().st_uid not in (0, account.uid):
        raise LabError(f"{folder} belongs to another user, so that the lab can't trust what is in it: delete it")
    folder.chmod(0o755)
