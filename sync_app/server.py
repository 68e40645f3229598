"""gunicorn, in the place of this process; what it serves and how stands in gunicorn_conf.py."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

from shared.settings import Settings

SERVER = f"gunicorn {version('gunicorn')}"


def serve(_settings: Settings) -> None:
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:sync_app.gunicorn_conf"]
    os.execv(sys.executable, gunicorn)
