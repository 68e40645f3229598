"""gunicorn, in the place of this process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def serve(app: str, configuration: str = "loadtests.arms.gunicorn_conf") -> NoReturn:
    """Become gunicorn for the application that this import string names, configured by that module.

    Options of the command line go to gunicorn; those of GUNICORN_CMD_ARGS do not.
    """
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", f"python:{configuration}", *sys.argv[1:], app]
    os.execv(sys.executable, gunicorn)
