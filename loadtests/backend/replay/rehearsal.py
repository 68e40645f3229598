"""The rehearsal of a measurement: each contender gets all known requests once, so that all it asks is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import urllib3
from rich.console import Console

from loadtests.backend.replay import Replay
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load import checks
from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Response
from loadtests.load.plan import TIMEOUT_S
from loadtests.load.workloads import Popularity, Request, known_requests
from loadtests.servers import serving
from loadtests.targets import Target

_SENDERS = 8

Cast = Sequence[tuple[Contender | Target, Path]]


def rehearse(replay: Replay, cast: Cast, catalogue: Catalogue, workload: str, console: Console) -> None:
    """Record what the workload's known requests make each contender ask, and refuse all else from then on.

    `cast` are contenders, each with the checkout whose code it runs. Raises InvalidRunError for a wrong response;
    LabError where a contender does not start.
    """
    requests = {
        (one.method, one.path, json.dumps(one.body)): one
        for one in known_requests(catalogue, Popularity(catalogue), workload)
    }
    replay.rehearse()
    for number, (contender, root) in enumerate(cast):
        if (contender, root) in cast[:number]:
            continue
        assert isinstance(contender, Contender), "the options refuse running services"
        url, access = replay.asked_by(contender)
        with (
            TemporaryDirectory(prefix="twinlab-") as made,
            serving(contender, url, Path(made) / "server.log", root, access) as server,
        ):
            _send_all(requests.values(), server.url, contender)
    recorded = replay.seal()
    console.print(f"replay: {recorded} responses recorded, of {len(requests)} requests", highlight=False)


def _send_all(requests: Iterable[Request], url: str, contender: Contender) -> None:
    pool = urllib3.PoolManager(maxsize=_SENDERS, retries=False, timeout=TIMEOUT_S)
    with ThreadPoolExecutor(_SENDERS) as senders:
        faults = filter(None, senders.map(partial(_fault, pool, url), requests))
        first = next(faults, None)
        senders.shutdown(cancel_futures=True)
    if first:
        raise InvalidRunError(f"{contender.title} gave a wrong response in the rehearsal: {first}")


def _fault(pool: urllib3.PoolManager, url: str, request: Request) -> str | None:
    body = None if request.body is None else json.dumps(request.body)
    headers = {**request.headers, **({"Content-Type": "application/json"} if body else {})}
    try:
        response = pool.request(request.method, url + request.path, body=body, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        return f"{request.method} {request.path}: {error}"
    received = Response(response.status, {name.lower(): text for name, text in response.headers.items()}, response.data)
    fault = checks.fault(received, request.check)
    return fault and f"{request.method} {request.path}: {fault}"
