"""Whether the generator's memory stays flat, however much it records.

    python -m tests.benchmarks.flat_memory

A generator process asks a server that does nothing for some minutes; then a process that does nothing but record is
given 2,000,000 requests. Environment variables: SECONDS (300) and REQUESTS (2,000,000).
"""

from __future__ import annotations

import os
import re
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from loadtests.load.recorder import Record, Recorder
from loadtests.resources.sampler import Sample, sampling
from tests.benchmarks import markdown
from tests.benchmarks.generator import closed, generating, recorded
from tests.benchmarks.measuring import measure
from tests.known_service import Behaviour, known_service

USERS = 32
MB = 1_000_000
_BYTES_PER_KIB = 1024
_peaks_kib = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE).findall


def main(duration_s: float, count: int) -> None:
    """Print what each had recorded, and its memory."""
    rows = [("generator", *_generator(duration_s)), ("recorder alone", *_recorder(count))]
    markdown.show(("process", "requests", "RSS half-way, MB", "RSS at its peak, MB"), rows)


def _generator(duration_s: float) -> tuple[str, float, float]:
    with (
        TemporaryDirectory() as made,
        known_service(Path(made), Behaviour()) as url,
        generating(Path(made)) as conductor,
    ):
        with sampling({"generator": conductor.pids[0]}) as sampler:
            _, done = conductor.play(closed(url, USERS, duration_s))
        conductor.end()
        assert recorded(conductor).num_rows == done.requests
    return f"{done.requests:,}", *_half_way_and_peak_mb(sampler.samples)


def _half_way_and_peak_mb(samples: list[Sample]) -> tuple[float, float]:
    sizes_mb = [sample.rss_bytes / MB for sample in samples]
    return sizes_mb[len(sizes_mb) // 2], max(sizes_mb)


def _recorder(count: int) -> tuple[str, float, float]:
    with TemporaryDirectory() as made, get_context("spawn").Pool(1) as pool:
        half_way_mb, peak_mb = pool.apply(_record, (Path(made) / "records.parquet", count))
    return f"{count:,}", half_way_mb, peak_mb


def _record(path: Path, count: int) -> tuple[float, float]:
    """The peak of the first half, and of all."""
    recorder = Recorder(path)
    for number in range(count // 2):
        recorder.add(_request(number))
    half_way_mb = _peak_mb()
    for number in range(count // 2, count):
        recorder.add(_request(number))
    recorder.close()
    return half_way_mb, _peak_mb()


def _request(number: int) -> Record:
    at_s = number / 1000
    return Record("get", "GET", 1, at_s, at_s, number % 977 / 10, 200, 900, number % 7 / 10, number % 11 / 10, None)


def _peak_mb() -> float:
    """On Linux. getrusage(2) would count what the parent held when it forked."""
    (peak_kib,) = _peaks_kib(Path("/proc/self/status").read_text())
    return int(peak_kib) * _BYTES_PER_KIB / MB


if __name__ == "__main__":
    seconds, requests = float(os.environ.get("SECONDS", "300")), int(os.environ.get("REQUESTS", "2000000"))
    measure("flat_memory", lambda: main(seconds, requests))
