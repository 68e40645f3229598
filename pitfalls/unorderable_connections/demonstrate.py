"""The old client says so under the clock that the forms provoke; later ones where the hosts are really gone."""

from __future__ import annotations

from loadtests.servers import HOST, free_port
from pitfalls import exhibit
from pitfalls.asking import ask, row
from pitfalls.exhibit import Outcome
from pitfalls.lab import Lab
from pitfalls.old_elasticsearch import old_elasticsearch

EXHIBIT = exhibit.of(__file__)
_HOSTS = 6
_PACKAGES = ("elasticsearch", "elastic-transport")


def demonstrate(lab: Lab) -> Outcome:
    old = EXHIBIT.label.versions
    with old_elasticsearch(_HOSTS) as urls:
        broken, cured = (ask(lab, form, environment=old, ES_URL=urls) for form in (EXHIBIT.broken, EXHIBIT.cured))
    matrix = [{"hosts": "answer"} | row(lab, old, broken, _PACKAGES), *_of_later_clients(lab)]
    return Outcome(broken.form, cured.form, broken.fail(EXHIBIT.message, after=1), cured.failures == 0, matrix)


def _of_later_clients(lab: Lab) -> list[dict[str, str]]:
    """To these a closed event loop is no failure of the host, so hosts must be gone: ports where nobody listens."""
    gone = ",".join({f"http://{HOST}:{free_port()}" for _ in range(_HOSTS)})
    return [
        {"hosts": "refuse"} | row(lab, later, ask(lab, EXHIBIT.broken, environment=later, ES_URL=gone), _PACKAGES)
        for later in ("pitfalls-transport-8-13-0", "pitfalls-transport-8-13-1", "lab")
    ]
