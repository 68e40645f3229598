"""What is looked at before a comparison begins."""

from __future__ import annotations

import psutil

from loadtests.errors import LabError

MOST_BUSY_SHARE = 0.25
"""Of all cores: what other work may take. Above it a comparison would measure that work too."""
_LOOK_S = 2.0


def check_idle() -> None:
    """Raises LabError when the machine is busy with other work."""
    busy_share = psutil.cpu_percent(interval=_LOOK_S) / 100
    if busy_share > MOST_BUSY_SHARE:
        raise LabError(
            f"the machine is busy: other work takes {busy_share:.0%} of its cores, and with more than "
            f"{MOST_BUSY_SHARE:.0%} no figure could be trusted. Stop that work, or measure all the same with BUSY=1"
        )
