"""A certificate for the servers of this machine that speak TLS."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from shutil import which

from loadtests.errors import LabError

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_NAMES = ("-days", "365", "-subj", "/CN=lab", "-addext", "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost")
_CERTIFICATE, _PRIVATE_KEY = "certificate.pem", "key.pem"


def can_be_made() -> bool:
    """Whether openssl, which makes it, is installed."""
    return which("openssl") is not None


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine's loopback addresses that signs itself; its key is beside it.

    Raises LabError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", *_KEY, *_NAMES, "-keyout", _PRIVATE_KEY, "-out", _CERTIFICATE]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise LabError(f"openssl made no certificate: {error.stderr.strip()}") from error
    return certificate_in(folder)


def certificate_in(folder: Path) -> Path:
    """The certificate that was made in a folder."""
    return folder / _CERTIFICATE


def server_context(certificate: Path) -> ssl.SSLContext:
    """The context of a server that has it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name(_PRIVATE_KEY))
    return context
