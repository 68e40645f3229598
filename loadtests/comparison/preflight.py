"""Checks before a comparison begins: the machine is idle, and the agents of services work."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import psutil
from pydantic import SecretStr

from loadtests.agent.remote import Agent, agent_of
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError, LabError
from loadtests.targets import Target

MOST_BUSY_SHARE = 0.25
"""The most that other work may take, as a share of all cores. Above it a comparison measures that work too."""
_LOOK_S = 2.0


def check_idle() -> None:
    """Raises LabError when the machine is busy with other work."""
    busy_share = psutil.cpu_percent(interval=_LOOK_S) / 100
    if busy_share > MOST_BUSY_SHARE:
        raise LabError(
            f"the machine is busy: other work takes {busy_share:.0%} of its cores, and with more than "
            f"{MOST_BUSY_SHARE:.0%} no figure could be trusted. Stop that work, or measure all the same with BUSY=1"
        )


def agent_notes(contenders: Iterable[Contender | Target], token: SecretStr | None) -> list[str]:
    """Returns a sentence for each service whose resources an agent reads. Raises LabError where an agent fails."""
    targets = dict.fromkeys(one for one in contenders if isinstance(one, Target))
    return [_note(target, agent) for target in targets if (agent := agent_of(target, token))]


def _note(target: Target, agent: Agent) -> str:
    try:
        heard = agent.read_often()
    except InvalidRunError as error:
        raise LabError(str(error)) from error
    port = heard[0].reading.port
    if port != target.port:
        raise LabError(
            f"the agent at {agent.url} tells of a service on port {port}, and {target.url} is another one: start the "
            f"agent with PORT={target.port}"
        )
    round_trip_ms = median(one.round_trip_s for one in heard) * 1000
    return (
        f"The agent at {agent.url} reads the resources of the {target.title}, with a round trip of "
        f"{round_trip_ms:.1f} ms (median of {len(heard)})."
    )
