"""The errors of the harness, each with the exit code that scripts can act on."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable


class LabError(Exception):
    """The lab could not do its work. The message says what happened and names the fix."""

    exit_code = 4


class InvalidRunError(LabError):
    """A run took place but proves nothing: its figures are withheld."""

    exit_code = 2


class OutputClosedError(LabError):
    """The reader of standard output has closed it."""


def tell_all(checks: Iterable[Callable[[], object]]) -> None:
    """Perform all checks. Raises LabError, which tells what each of them that raised one told."""
    faults: list[str] = []
    for check in checks:
        try:
            check()
        except LabError as error:
            faults.append(str(error))
    if faults:
        raise LabError("; ".join(dict.fromkeys(faults)))


def refusal(message: str) -> str:
    """A validator's own words, without the prefix that pydantic puts before them."""
    return message.removeprefix("Value error, ")


_STORAGE_FIXES = {
    errno.ENOSPC: "make room on its disk",
    errno.EDQUOT: "make room within this user's quota",
    errno.EROFS: "make its file system writable",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EACCES: "let this user read and write it",
    errno.EPERM: "let this user read and write it",
    errno.EIO: "its disk fails: use another",
    errno.EEXIST: "make it a folder",
    errno.ENOTDIR: "make it a folder",
}
_ONLY_OF_FILES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""Errors that only a file or its disk can cause, though the error names no file."""


def storage_fix(error: OSError) -> str:
    """The fix for a file or folder that can't be written."""
    return _STORAGE_FIXES.get(error.errno or 0, "make it a folder that can be written")


def in_words(error: OSError) -> str | None:
    """The sentence for a fault of storage, with its fix; None for any other."""
    of_file = error.errno in (errno.EACCES, errno.EPERM) and error.filename is not None
    if error.errno not in _ONLY_OF_FILES and not of_file:
        return None
    what = error.filename or "results/, a temporary file or the output"
    return f"{what} can't be written ({error.strerror}): {storage_fix(error)}"
