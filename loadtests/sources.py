"""Which code it is that runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

_PACKAGES = ("shared", "sync_app", "async_app", "loadtests")


def sources_sha256(root: Path) -> str:
    """Of all that runs in a comparison, in a checkout."""
    digest = hashlib.sha256()
    for source in sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(f"{source.relative_to(root)}\0".encode() + source.read_bytes())
    return digest.hexdigest()
