"""Serve one contender until it is stopped, in place of this process."""

from __future__ import annotations

import os
from typing import NoReturn

from loadtests import environment
from loadtests.contenders import Contender


def serve(contender: Contender, es_url: str) -> NoReturn:
    """Become the contender's server, which says itself where it listens. What is set as `LAB_…` goes before its own."""
    command = contender.command
    port = {"PORT": os.environ["PORT"]} if os.environ.get("PORT") else {}
    os.execve(command[0], command, contender.environ(es_url) | environment.started(**port))
