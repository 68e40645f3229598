"""Serve the twin: `python -m sync_app`."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import sys

from shared.settings import PREFIX, Settings, SettingsError
from sync_app import TWIN, pinning
from sync_app.server import serve


def main() -> None:
    try:
        settings = Settings.from_environ(os.environ, TWIN)
        pinning.cores(settings)
    except SettingsError as error:
        sys.exit(str(error))
    _check_port(settings)
    _check_ca_certs(settings)
    os.environ[f"{PREFIX}SECRET"] = (
        settings.secret
    )  # the workers read the settings themselves, and need the same secret
    print(f"{TWIN} twin: http://{settings.address}", file=sys.stderr, flush=True)
    serve(settings)


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            fix = (
                "stop what listens there, or choose another with PORT="
                if error.errno == errno.EADDRINUSE
                else "see LAB_HOST"
            )
            sys.exit(f"cannot listen on {settings.address} ({error.strerror}): {fix}")


def _check_ca_certs(settings: Settings) -> None:
    try:
        ssl.create_default_context(cafile=settings.es_ca_certs)
    except OSError as error:
        sys.exit(f"LAB_ES_CA_CERTS={settings.es_ca_certs}: {error.strerror}: name a file of certificates (PEM)")


if __name__ == "__main__":
    main()
