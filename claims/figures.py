"""The figures of statements, each computed from the readings of one round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from claims.claim import Figure, Reading, Round
from loadtests.comparison.figures import SIDES, Side
from loadtests.comparison.predict import ceiling

Measure = Callable[[Reading], float | None]
KIBIBYTE = 1024


def throughput(reading: Reading) -> float:
    """Correct responses per second."""
    return reading.block.correct_answers_per_s


def cpu_ms(reading: Reading) -> float | None:
    """CPU time of the server per correct response."""
    return reading.block.cpu_ms_per_correct_answer


def p99_ms(reading: Reading) -> float | None:
    """The p99 of the response times."""
    return reading.endpoint.p99_ms


def peak_pss_bytes(reading: Reading) -> float | None:
    """The most memory under load, pages that processes share counted once."""
    return reading.block.peak_pss_bytes


def uss_bytes(reading: Reading) -> float | None:
    """The memory that the server kept for itself after the load."""
    return reading.block.uss_bytes


def ratio(measure: Measure, at: str) -> Figure:
    """b / a in an arrangement."""

    def figure(played: Round) -> float | None:
        a, b = (measure(played[at][side]) for side in SIDES)
        return None if a is None or b is None else _quotient(b, a)

    return figure


def growth(measure: Measure, before: str, after: str) -> Figure:
    """The ratio of b / a in one arrangement to b / a in another."""

    def figure(played: Round) -> float | None:
        earlier, later = (ratio(measure, at)(played) for at in (before, after))
        return None if earlier is None or later is None else _quotient(later, earlier)

    return figure


def _quotient(b: float, a: float) -> float:
    """b / a: two sides that are both at zero, or both at infinity, do not differ."""
    if a == b:
        return 1.0
    return b / a if a else inf


def share_of_ceiling(at: str, side: Side, slots: int, latency_ms: int) -> Figure:
    """A side's throughput in an arrangement, as a share of slots / latency."""
    return lambda played: throughput(played[at][side]) / ceiling(slots, latency_ms / 1000)


def share_of_computed_ratio(at: str, nearest: str, slots: Mapping[Side, int], latency_ms: int) -> Figure:
    """The ratio of throughputs b / a in an arrangement, as a share of what follows from slots / latency.

    A side's computed throughput is slots / latency, or its throughput in the arrangement `nearest`, without latency,
    where that is less.
    """

    def figure(played: Round) -> float | None:
        a, b = (min(ceiling(slots[side], latency_ms / 1000), throughput(played[nearest][side])) for side in SIDES)
        measured = ratio(throughput, at)(played)
        return None if measured is None else _quotient(measured, _quotient(b, a))

    return figure


def extra_kib_in_flight(measure: Measure, few: str, many: str) -> Figure:
    """The additional memory of a request in flight in a over b, in KiB."""

    def figure(played: Round) -> float | None:
        of_a, of_b = (_kib_in_flight(measure, played[few][side], played[many][side]) for side in SIDES)
        return of_a - of_b if of_a is not None and of_b is not None else None

    return figure


def _kib_in_flight(measure: Measure, few: Reading, many: Reading) -> float | None:
    """The addition of each further request in flight: the process's own needs are in both readings."""
    more = many.block.in_flight - few.block.in_flight
    before_bytes, after_bytes = measure(few), measure(many)
    if before_bytes is None or after_bytes is None or more <= 0:
        return None
    return (after_bytes - before_bytes) / KIBIBYTE / more
