"""One request after the other on one kept connection, which is where Nagle's algorithm and delayed ACKs meet."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pitfalls import exhibit
from pitfalls.exhibit import Form, Outcome
from pitfalls.lab import Lab
from pitfalls.loading import load

EXHIBIT = exhibit.of(__file__)
_DELAYED_ACK_MS = 40
"""Linux's shortest wait before an acknowledgement that nothing else carries: TCP_DELACK_MIN in include/net/tcp.h."""
_UVICORN = ["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning", "broken:app"]
_GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "2", "broken:app"]
_OTHERS = {
    "uvicorn, 1 worker, asyncio": [*_UVICORN, "--loop", "asyncio"],
    "uvicorn, 2 workers, asyncio and h11": [*_UVICORN, "--workers", "2", "--loop", "asyncio", "--http", "h11"],
    "gunicorn, 2 uvicorn workers, asyncio": [*_GUNICORN, "--worker-class", "uvicorn_worker.UvicornH11Worker"],
}


def demonstrate(lab: Lab) -> Outcome:
    with lab.serve(EXHIBIT.broken) as app:
        broken = _median_ms(lab, app.url)
    with lab.serve(EXHIBIT.cured) as app:
        cured = _median_ms(lab, app.url)
    matrix = [] if lab.short else _matrix(lab, {"asyncio": broken, "uvloop": cured})
    return Outcome(_form(broken), _form(cured), broken >= _DELAYED_ACK_MS, cured < _DELAYED_ACK_MS / 2, matrix)


def _form(median_ms: float) -> Form:
    return Form(f"{median_ms:.1f} ms a request on a kept connection (median)", {"median_ms": median_ms})


def _matrix(lab: Lab, measured: dict[str, float]) -> list[dict[str, str]]:
    measured_ms = {f"uvicorn, 2 workers, {loop}": median_ms for loop, median_ms in measured.items()}
    measured_ms |= {name: _served_ms(lab, command) for name, command in _OTHERS.items()}
    versions = lab.versions("lab", "uvicorn", "uvloop", "gunicorn")
    return [versions | {"server": name, "says": f"{median_ms:.1f} ms"} for name, median_ms in measured_ms.items()]


def _served_ms(lab: Lab, command: Sequence[str]) -> float:
    with lab.serve(EXHIBIT.broken, command=command) as app:
        return _median_ms(lab, app.url)


def _median_ms(lab: Lab, url: str) -> float:
    """Of 20 requests or more; the first few of a connection are acknowledged at once and don't move the median."""
    return median(reply.latency_ms for reply in load(url, ["/"] * (20 if lab.short else 100), users=1).replies)
