"""gunicorn, in the place of this process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def serve(app: str) -> NoReturn:
    """Become gunicorn for the application that this import string names."""
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:loadtests.arms.gunicorn_conf", app]
    os.execv(sys.executable, gunicorn)
