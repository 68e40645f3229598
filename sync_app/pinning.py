"""The cores that workers run on, one each."""

from __future__ import annotations

import os

from shared.cores import listed
from shared.settings import Settings, SettingsError


def cores(settings: Settings) -> list[int]:
    """Those that LAB_CORES lists: worker i runs on core i, modulo their number. None where it is not set.

    Raises SettingsError, which names the cores that there are, for others and for text that is no list.
    """
    if settings.cores is None:
        return []
    available = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else ()
    try:
        return listed(settings.cores, available)
    except ValueError as error:
        raise SettingsError(f"LAB_CORES={settings.cores!r}: {error}") from error
