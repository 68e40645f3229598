"""The start of gunicorn, in place of this process; gunicorn_conf.py configures it."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

from shared.settings import Settings

SERVER = f"gunicorn {version('gunicorn')}"


def serve(_settings: Settings) -> None:
    """Options of the command line go to gunicorn. GUNICORN_CMD_ARGS does not: it would override the settings unseen."""
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:sync_app.gunicorn_conf", *sys.argv[1:]]
    os.execv(sys.executable, gunicorn)
