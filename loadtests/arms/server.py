"""gunicorn, in the place of this process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def serve(app: str, configuration: str = "loadtests.arms.gunicorn_conf") -> NoReturn:
    """Become gunicorn for the application that this import string names, configured by that module."""
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", f"python:{configuration}", app]
    os.execv(sys.executable, gunicorn)
