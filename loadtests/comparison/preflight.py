"""What is looked at before a comparison begins."""

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


def told_by_agents(contenders: Iterable[Contender | Target], token: SecretStr | None) -> list[str]:
    """A sentence for each service whose agent tells what it uses. Raises LabError where an agent can't be used."""
    sentences = [_told(one, agent) for one in contenders if isinstance(one, Target) and (agent := agent_of(one, token))]
    return [*dict.fromkeys(sentences)]


def _told(target: Target, agent: Agent) -> str:
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
        f"What the {target.title} used was told by the agent at {agent.url}, {round_trip_ms:.1f} ms there and back "
        f"(median of {len(heard)})."
    )
