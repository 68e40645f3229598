"""Serve one contender until it is stopped, in place of this process."""

from __future__ import annotations

import os
from typing import NoReturn

from loadtests.access import OPEN
from loadtests.backend import Backend
from loadtests.contenders import Contender


def serve(contender: Contender, backend: Backend) -> NoReturn:
    """Become the contender's server, which says itself where it listens. What is set as `LAB_…` goes before its own;
    another Elasticsearch is not shown the API key for this one."""
    command = contender.command
    access = OPEN if os.environ.get("LAB_ES_URL") else backend.access
    os.execve(command[0], command, contender.environ(backend.url, access) | os.environ)
