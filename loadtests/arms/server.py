"""The servers that arms are served by. Each takes the place of this process, with the settings of `LAB_…` variables."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from shared.settings import PREFIX, Settings, Twin


def serve(app: str, configuration: str = "loadtests.arms.gunicorn_conf") -> NoReturn:
    """Become gunicorn for the application that this import string names, configured by that module.

    Options of the command line go to gunicorn; those of GUNICORN_CMD_ARGS do not.
    """
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    _become("gunicorn", "--config", f"python:{configuration}", *sys.argv[1:], app)


def serve_hypercorn(app: str, twin: Twin) -> NoReturn:
    """Become Hypercorn for the ASGI application that `module:factory()` makes."""
    settings = _settings(twin)
    workers = settings.workers if settings.workers > 1 else 0  # 0: one, in this very process
    _become(
        *("hypercorn", "--bind", settings.address, "--workers", str(workers), "--worker-class", "uvloop"),
        *("--backlog", str(settings.backlog), "--keep-alive", str(settings.keep_alive_s)),
        *("--graceful-timeout", str(settings.shutdown_s), "--log-level", "WARNING", app),
    )


def serve_granian(factory: str, interface: str, twin: Twin) -> NoReturn:
    """Become Granian for the application that the factory `module:name` makes; `interface` is wsgi or asgi."""
    settings = _settings(twin)
    threads = ["--blocking-threads", str(settings.threads)] if interface == "wsgi" else ["--loop", "uvloop"]
    _become(
        *("granian", "--interface", interface, "--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.workers), *threads, "--backlog", str(settings.backlog), "--no-ws", "--http", "1"),
        *("--workers-kill-timeout", str(settings.shutdown_s), "--log-level", "warning", "--factory", factory),
    )


def _settings(twin: Twin) -> Settings:
    """The settings. Workers read them themselves, and need the same secret."""
    settings = Settings.from_environ(os.environ, twin)
    os.environ[f"{PREFIX}SECRET"] = settings.secret
    return settings


def _become(module: str, *arguments: str) -> NoReturn:
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
