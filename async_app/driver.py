"""The one place that waits for Elasticsearch: it performs the calls that an operation yields."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from time import perf_counter
from typing import Any, TypeVar

from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, AsyncElasticsearch

from async_app.gathering import gather
from shared import batches, deadlines, problems, resends, telemetry
from shared.operations import Call, Operation
from shared.settings import Settings
from shared.telemetry import Telemetry

T = TypeVar("T")


async def run(operation: Operation[T], settings: Settings, client: AsyncElasticsearch) -> T:
    """Run an operation to its result. Raises what the operation does not catch, usually a Problem."""
    account = telemetry.current()
    try:
        wanted = next(operation)
        while True:
            try:
                began_s = perf_counter()
                try:
                    response = await perform(wanted, settings, client, account)
                finally:
                    account.elasticsearch_s += perf_counter() - began_s
            except problems.Problem as problem:
                wanted = operation.throw(problem)
            else:
                wanted = operation.send(response)
    except StopIteration as done:
        result: T = done.value
        return result


async def perform(wanted: Call | list[Call], settings: Settings, client: AsyncElasticsearch, account: Telemetry) -> Any:
    """The response to a call, or the responses to a list of independent calls, within one deadline."""
    deadlines.begin(settings.es_timeout_s)
    if isinstance(wanted, Call):
        return await ask(wanted, client, account)
    if settings.fan_out == "together":
        return await gather(partial(ask, client=client, account=account), wanted)
    in_turn = batches.fan_out(wanted, settings.fan_out)
    return batches.responses_of(wanted, in_turn, [await ask(batch.request, client, account) for batch in in_turn])


async def ask(call: Call, client: AsyncElasticsearch, account: Telemetry) -> Any:
    """Elasticsearch's response to one call, or the Problem that its failure means to the client."""
    method = attrgetter(call.method)(client)
    deadlines.check()
    resends.deliver(call, account)
    try:
        response = await method(**call.kwargs)
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
