"""The user that runs Elasticsearch, which refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from loadtests.errors import LabError


@dataclass(frozen=True)
class Account:
    """A user that root can start a process as."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Whether this user reaches `path`, by the system's own test. Raises LabError when root can't become this
        user."""
        try:
            probe = subprocess.run(
                ["test", "-x", path], cwd="/", user=self.uid, group=self.gid, extra_groups=[], check=False
            )
        except OSError as error:
            raise LabError(
                f"Elasticsearch refuses to run as root, and root can't become user {self.name} here "
                f"({error.strerror}): run make as an ordinary user, or set ES_URL to a cluster of yours"
            ) from error
        return probe.returncode == 0

    def own(self, folder: Path) -> None:
        """Make this user the owner of `folder` and of all that is in it."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def unprivileged(project: Path) -> Account | None:
    """The owner of the project's folder, or `nobody` when root owns it. None when we are not root."""
    if os.geteuid() != 0:
        return None
    owner = project.stat()
    if owner.st_uid == 0:
        return _nobody()
    return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid)


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LabError(
            "Elasticsearch refuses to run as root, and there is no user `nobody` to run it: "
            "run make as an ordinary user, or set ES_URL to a cluster of yours"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
