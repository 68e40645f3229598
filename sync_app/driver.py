"""The one place that waits for Elasticsearch: it performs the calls that an operation yields."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from time import perf_counter
from typing import Any, TypeVar

from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, Elasticsearch

from shared import batches, deadlines, problems, resends, telemetry
from shared.operations import Call, Operation
from shared.settings import Settings
from shared.telemetry import Telemetry
from sync_app.gathering import gather

T = TypeVar("T")


def run(operation: Operation[T], settings: Settings, client: Elasticsearch) -> T:
    """Run an operation to its result. Raises what the operation does not catch, usually a Problem."""
    account = telemetry.current()
    try:
        wanted = next(operation)
        while True:
            try:
                began_s = perf_counter()
                try:
                    response = perform(wanted, settings, client, account)
                finally:
                    account.elasticsearch_s += perf_counter() - began_s
            except problems.Problem as problem:
                wanted = operation.throw(problem)
            else:
                wanted = operation.send(response)
    except StopIteration as done:
        result: T = done.value
        return result


def perform(wanted: Call | list[Call], settings: Settings, client: Elasticsearch, account: Telemetry) -> Any:
    """The response to a call, or the responses to a list of independent calls, within one deadline."""
    deadlines.begin(settings.es_timeout_s)
    if isinstance(wanted, Call):
        return ask(wanted, client, account)
    if settings.fan_out == "together":
        return gather(partial(ask, client=client, account=account), wanted)
    in_turn = batches.fan_out(wanted, settings.fan_out)
    return batches.responses_of(wanted, in_turn, [ask(batch.request, client, account) for batch in in_turn])


def ask(call: Call, client: Elasticsearch, account: Telemetry) -> Any:
    """Elasticsearch's response to one call, or the Problem that its failure means to the client."""
    method = attrgetter(call.method)(client)
    deadlines.check()
    resends.deliver(call, account)
    try:
        response = method(**call.kwargs)
    except ApiError as error:
        problem = problems.refused(error.status_code, error.body)
        if problem is None:
            raise
        raise problem from error
    except ConnectionTimeout as error:
        raise problems.too_slow() from error
    except TransportError as error:
        raise problems.gone() from error
    return response.body
