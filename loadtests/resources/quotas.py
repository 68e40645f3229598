"""A quota of CPU time for a server, as a container's limit sets it: by a control group of its own, on Linux alone.

In each 100 ms the processes of such a group may together use so much CPU time, on whatever cores. Once that is used up,
the kernel stops them until the 100 ms are over. Kubernetes' limits.cpu and Docker's --cpus do the same.

There are two versions of control groups. In version 2 (`cpu.max`) a group limits its children where its
`cgroup.subtree_control` names `cpu`, and such a group has no processes itself, unless it is the machine's first. In
version 1 (`cpu.cfs_quota_us`) each group can have both. The lab's group is a child of the nearest group around the lab
that takes one.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from loadtests.errors import LabError
from loadtests.interrupts import held
from loadtests.waiting import wait_until

_PERIOD_US = 100_000
"""Kubernetes' and Docker's own."""
_REMOVE_WITHIN_S = 10
_MEMBERS = "cgroup.procs"
_LIMITED = "cgroup.subtree_control"
_REST = "twinlab-rest"
"""The lab's own processes, where their group had to be divided."""
_OURS = Path("/proc/self/cgroup")
_ENTER = """
import os, sys
with open(sys.argv[1], "w") as members:
    members.write("0")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""The process that writes 0 joins the group."""
_FIX = (
    "run as root (in a container: with --privileged), or in a scope that systemd delegates (systemd-run --user --scope "
    "-p Delegate=yes make …), or take another contender"
)


def check() -> None:
    """Raises LabError, which says what is missing and names the fix, where the lab can't set a quota."""
    with limited(1):
        pass


@contextmanager
def limited(quota: float | None) -> Iterator[Path | None]:
    """A control group whose processes may use `quota` cores of CPU time; None: no group. It goes with the block, and
    so does what still runs in it. Raises LabError, as `check` does."""
    if quota is None:
        yield None
        return
    group = None
    try:
        with held():
            group = _made(quota)
        yield group
    finally:
        if group is not None:
            with held():
                _remove(group)


def entering(group: Path | None, command: Sequence[str]) -> list[str]:
    """A command whose process enters the group, and then becomes the given one."""
    if group is None:
        return [*command]
    return [sys.executable, "-I", "-S", "-c", _ENTER, str(group / _MEMBERS), *command]


def _made(quota: float) -> Path:
    if sys.platform != "linux":
        raise LabError("only Linux lets the lab set one: take another contender, or measure on Linux")
    try:
        group = Path(tempfile.mkdtemp(prefix="twinlab-", dir=_parent()))
        try:
            _set(group, round(quota * _PERIOD_US))
        except OSError:
            group.rmdir()
            raise
    except OSError as error:
        raise LabError(f"{error.filename} can't be written ({error.strerror}): {_FIX}") from error
    return group


def _set(group: Path, quota_us: int) -> None:
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
    else:
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))


def _remove(group: Path) -> None:
    """Kill what has left its server's session, and so was not stopped with it."""
    if not wait_until(lambda: _is_removed(group), _REMOVE_WITHIN_S):
        raise LabError(f"{group} has processes that do not end: end them, and remove it by rmdir")


def _is_removed(group: Path) -> bool:
    for pid in _words(group / _MEMBERS):
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    try:
        group.rmdir()
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def _parent() -> Path:
    """The group that takes the lab's as a child."""
    if own := _own_group("cgroup", "cpu"):
        if _may_write(own):
            return own
    elif own := _own_group("cgroup2", ""):
        here = own.parent if own.name == _REST else own
        if _may_be_divided(here):
            _divide(here)
        for group in (here, *here.parents):
            if _limits_children(group) and _may_write(group):
                return group
    else:
        raise LabError(f"no control groups that limit CPU time are mounted: mount them at /sys/fs/cgroup, and {_FIX}")
    raise LabError(f"it may not make control groups in {own}: {_FIX}")


def _own_group(kind: str, controller: str) -> Path | None:
    """The lab's group in the hierarchy of this file system and controller; None where there is none."""
    mount = next((one for one in psutil.disk_partitions(all=True) if _is_of(one, kind, controller)), None)
    lines = (line.split(":", 2) for line in _OURS.read_text().splitlines())
    path = next((path for _, controllers, path in lines if controller in controllers.split(",")), None)
    if mount is None or path is None:
        return None
    own = Path(mount.mountpoint, path.lstrip("/"))
    return own if own.is_dir() else Path(mount.mountpoint)  # a container may see its own group alone


def _is_of(mount: Any, kind: str, controller: str) -> bool:
    return mount.fstype == kind and (not controller or controller in mount.opts.split(","))


def _may_be_divided(group: Path) -> bool:
    """Whether it is the lab's to divide: delegated to its user, or the first that its container sees."""
    is_ours = os.geteuid() != 0 or not (group.parent / _MEMBERS).exists()
    return (
        is_ours and _may_write(group) and not _limits_children(group) and "cpu" in _words(group / "cgroup.controllers")
    )


def _divide(group: Path) -> None:
    """Let a group limit its children, and move its processes into one of them. Only the machine's first group, which
    has no type, may have both."""
    if (group / "cgroup.type").exists():
        (group / _REST).mkdir(exist_ok=True)
        for pid in _words(group / _MEMBERS):
            with suppress(ProcessLookupError):
                (group / _REST / _MEMBERS).write_text(pid)
    (group / _LIMITED).write_text("+cpu")


def _limits_children(group: Path) -> bool:
    return (group / _LIMITED).exists() and "cpu" in _words(group / _LIMITED)


def _may_write(group: Path) -> bool:
    return os.access(group, os.W_OK) and os.access(group / _MEMBERS, os.W_OK)


def _words(file: Path) -> list[str]:
    return file.read_text().split()
