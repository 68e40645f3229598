"""The checkout: its folder, the lab's own folder in it, and a digest of its code."""

from __future__ import annotations

import hashlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LAB_DIR = PROJECT / ".lab"

_PACKAGES = ("shared", "sync_app", "async_app", "loadtests")


def sources_sha256(root: Path) -> str:
    """Digest all code that runs in a comparison, of the checkout at `root`."""
    digest = hashlib.sha256()
    for source in sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(f"{source.relative_to(root)}\0".encode() + source.read_bytes())
    return digest.hexdigest()
