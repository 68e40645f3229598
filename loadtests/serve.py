"""Serve one twin until it is stopped, in place of this process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from loadtests.contenders import Contender
from loadtests.options import RunOptions


def serve(contender: Contender, options: RunOptions, es_url: str) -> NoReturn:
    """Become the twin's server, which says itself where it listens. What is set as `LAB_…` goes before `options`."""
    ours = {"LAB_ES_URL": es_url, "LAB_WORKERS": str(options.workers), "LAB_THREADS": str(options.threads)}
    os.execve(sys.executable, [sys.executable, "-m", contender.module], ours | os.environ)
