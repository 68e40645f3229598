"""Tests that need a quota of CPU time are skipped where the lab may not set one."""

from __future__ import annotations

import pytest

from loadtests.contenders import Contender
from loadtests.errors import LabError
from loadtests.resources import quotas

_REASON = "the lab may make no control groups here"


def _is_permitted() -> bool:
    try:
        quotas.check()
    except LabError:
        return False
    return True


needs_quota = pytest.mark.skipif(not _is_permitted(), reason=_REASON)


def skip_unless_permitted(contender: Contender) -> None:
    if contender.quota is not None and not _is_permitted():
        pytest.skip(_REASON)
