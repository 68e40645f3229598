"""The refusal of requests beyond the worker's limit, at once. Health requests are never refused."""

from __future__ import annotations

from quart import Quart, g, request

from loadtests.arms.quart_app.health import health
from shared.admission import Gate
from shared.settings import Settings


def init_app(app: Quart, settings: Settings) -> None:
    if settings.max_in_flight is None:
        return
    gate = Gate(settings.max_in_flight)

    async def enter() -> None:
        if request.blueprint != health.name:
            gate.enter()
            g.leave = gate.leave

    async def leave(_error: BaseException | None) -> None:
        if "leave" in g:
            g.leave()

    app.before_request(enter)
    app.teardown_request(leave)
