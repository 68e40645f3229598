"""Serve the twin: `python -m sync_app`."""

from __future__ import annotations

import errno
import os
import socket
import sys

from shared.settings import PREFIX, Settings, SettingsError
from sync_app import TWIN
from sync_app.server import serve


def main() -> None:
    try:
        settings = Settings.from_environ(os.environ, TWIN)
    except SettingsError as error:
        sys.exit(str(error))
    _check_port(settings)
    os.environ[f"{PREFIX}SECRET"] = settings.secret  # the workers read the settings anew, and must agree on it
    print(f"{TWIN} twin: http://{settings.host}:{settings.port}", file=sys.stderr, flush=True)
    serve(settings)


def _check_port(settings: Settings) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            fix = (
                "stop what listens there, or choose another with PORT="
                if error.errno == errno.EADDRINUSE
                else "see LAB_HOST"
            )
            sys.exit(f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): {fix}")


if __name__ == "__main__":
    main()
