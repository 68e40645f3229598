"""Counts a process's calls from its start; Python imports a module of this name by itself.

At the process's end, the folder CALLS gets a file with the counts by kind (`call` of a Python function, or a generator
or coroutine that goes on; `c_call` of one in C) and by the file of the Python code.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

KINDS = ("call", "c_call")
_counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}


def _count(frame: FrameType, event: str, _argument: Any) -> None:
    if event in KINDS:
        _counts[event][frame.f_code.co_filename] += 1


def _write() -> None:
    sys.setprofile(None)
    Path(os.environ["CALLS"], str(os.getpid())).write_text(json.dumps(_counts))


if "CALLS" in os.environ:
    atexit.register(_write)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.setprofile(_count)
    sys.setprofile(_count)
