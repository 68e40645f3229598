"""The end of a command of the lab: an exit code, and its error in words.

A command imports this module first. Any later failure that was not foreseen, a failed import too, ends with the exit
code of an error, and never with that of a regression.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import TextIO

from loadtests import interrupts
from loadtests.checkout import LAB_DIR
from loadtests.errors import LabError, in_words

INTERRUPTED = 130
"""The exit code that shells give a command that Ctrl-C ended."""


def run(command: Callable[[], int | None], *, when_interrupted: str = "interrupted") -> int:
    """Run a command. Returns its own exit code (None is success), its LabError's, or INTERRUPTED.

    A fault of storage ends in words. An unforeseen exception is raised, and left to the hook below.
    """
    interrupts.install()
    _open_streams()
    try:
        code = command() or os.EX_OK
        sys.stdout.flush()
    except LabError as error:
        return _end(f"error: {error}", error.exit_code)
    except KeyboardInterrupt:
        return _end(when_interrupted, INTERRUPTED)
    except OSError as error:
        if (words := in_words(error)) is None:
            raise
        return _end(f"error: {words}", LabError.exit_code)
    return code


def _open_streams() -> None:
    """Open closed streams on the null device, and write characters that an encoding lacks as question marks."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdout, sys.stderr = (
        Path(os.devnull).open("w") if stream is None else stream  # noqa: SIM115 - open as long as the process lives
        for stream in (sys.stdout, sys.stderr)
    )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end(words: str, code: int) -> int:
    """Write the words where that is possible: the exit code stays, even if a stream is full or closed."""
    for stream, text in ((sys.stdout, ""), (sys.stderr, f"{words}\n")):
        if stream is not None:
            _say(text, stream)
    return code


def _say(text: str, stream: TextIO) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError:  # Python would try to flush once more at its end, and exit with 120
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Replaces Python's own hook, which ends with 1."""
    if issubclass(kind, KeyboardInterrupt):
        raise SystemExit(_end("interrupted", INTERRUPTED))
    text = "".join(traceback.format_exception(kind, error, trace))
    first_line = (str(error).splitlines() or [""])[0]
    what = f"{kind.__name__}: {first_line}" if first_line else kind.__name__
    kept = _kept(text)
    where = f"the traceback is in {kept}" if kept else f"no file could be written for the traceback:\n{text}"
    raise SystemExit(_end(f"error: not foreseen, {what}; {where}", LabError.exit_code))


def _kept(text: str) -> Path | None:
    """Write this text to a new file, in the lab's folder or among temporary files. Returns None when neither can be
    written."""
    for folder in _folders():
        path = None
        try:
            descriptor, name = tempfile.mkstemp(prefix="twinlab-error-", suffix=".txt", dir=folder)
            path = Path(name)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            if path is not None:
                path.unlink(missing_ok=True)
        else:
            return path
    return None


def _folders() -> Iterator[str]:
    yield str(LAB_DIR)
    try:
        yield tempfile.gettempdir()
    except OSError:  # no folder can hold a temporary file
        return


sys.excepthook = _unforeseen
