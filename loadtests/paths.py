"""Where things lie: the project's root, and what the lab makes there."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LAB_DIR = PROJECT / ".lab"
