"""The servers that arms are served by. Each takes the place of this process, with the settings of `LAB_…` variables."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from shared.settings import Settings, Twin


def serve(app: str, configuration: str = "loadtests.arms.gunicorn_conf") -> NoReturn:
    """Become gunicorn for the application that this import string names, configured by that module.

    Options of the command line go to gunicorn; those of GUNICORN_CMD_ARGS do not.
    """
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    _become("gunicorn", "--config", f"python:{configuration}", *sys.argv[1:], app)


def serve_hypercorn(app: str, twin: Twin) -> NoReturn:
    """Become Hypercorn for the ASGI application that `module:factory()` makes."""
    settings = Settings.from_environ(os.environ, twin)
    _become(
        *("hypercorn", "--bind", settings.address, "--workers", str(settings.workers), "--worker-class", "uvloop"),
        *("--backlog", str(settings.backlog), "--keep-alive", str(settings.keep_alive_s)),
        *("--graceful-timeout", str(settings.shutdown_s), "--log-level", "WARNING", app),
    )


def serve_granian(factory: str, interface: str, twin: Twin) -> NoReturn:
    """Become Granian for the application that the factory `module:name` makes; `interface` is wsgi or asgi."""
    settings = Settings.from_environ(os.environ, twin)
    threads = ["--blocking-threads", str(settings.threads)] if interface == "wsgi" else ["--loop", "uvloop"]
    _become(
        *("granian", "--interface", interface, "--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.workers), *threads, "--backlog", str(settings.backlog), "--no-ws", "--http", "1"),
        *("--workers-kill-timeout", str(settings.shutdown_s), "--log-level", "warning", "--factory", factory),
    )


def _become(module: str, *arguments: str) -> NoReturn:
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
