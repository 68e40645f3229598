"""One run of one contender: prepared, observed, summed up, and written to its folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from elasticsearch import ApiError, Elasticsearch, TransportError
from rich.console import Console

from loadtests import conditions, library, locust_csv, run_charts, runs
from loadtests.access import OPEN, Access
from loadtests.backend import Backend
from loadtests.catalogue import Catalogue
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError, LabError
from loadtests.observation import Observed, observe
from loadtests.options import RunOptions
from loadtests.runs import Run
from loadtests.sampler import Sample
from loadtests.statistics import Summary, summarise
from loadtests.tables import write_values

_ES_TIMEOUT_S = 60


def bench(contender: Contender, options: RunOptions, backend: Backend, console: Console, results: Path) -> Run:
    """Learn what there is to ask for, measure, and remove what the load test wrote. Raises as `measure` does."""
    catalogue = prepare(backend.url, backend.access)
    run = measure(contender, options, backend, catalogue, console, results)
    tidy(backend.url, backend.access)
    return run


def measure(
    contender: Contender, options: RunOptions, backend: Backend, catalogue: Catalogue, console: Console, results: Path
) -> Run:
    """Put load on a fresh server, and write the result folder.

    Raises InvalidRunError when the server dies, gives no correct answer, or requests get lost; LabError when the lab
    itself can't do its work.
    """
    console.print(
        f"{contender.title}: {options.users} users, {options.warmup:g} s warm-up, {options.duration:g} s measured"
    )
    with runs.result_folder(results, contender.name) as folder:
        described = conditions.observe(options, backend, catalogue)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        observed = observe(contender, options, backend, catalogue, folder, console)
        summary = _summarise(observed)
        run = Run(runs.final_name(folder), started, asdict(contender), described, summary, observed.users)
        _write(folder, run, observed)
    return run


def prepare(es_url: str, access: Access = OPEN) -> Catalogue:
    """Remove what an earlier load test left, and learn what there is to ask for. Raises LabError."""
    tidy(es_url, access)
    with _elasticsearch(es_url, access) as client:
        catalogue = library.sample(client)
    if not catalogue.books:
        raise LabError("there is no book to ask for: load some with make up")
    return catalogue


def tidy(es_url: str, access: Access = OPEN) -> None:
    """Remove the books that load tests wrote. Raises LabError."""
    with _elasticsearch(es_url, access) as client:
        library.remove_leftovers(client)


@contextmanager
def _elasticsearch(es_url: str, access: Access) -> Iterator[Elasticsearch]:
    try:
        with Elasticsearch(es_url, request_timeout=_ES_TIMEOUT_S, **access.of_client) as client:
            yield client
    except (ApiError, TransportError) as error:
        raise LabError(f"Elasticsearch failed while the load test was prepared or tidied up: {error}") from error


def _summarise(observed: Observed) -> list[Summary]:
    failures = observed.requests["failure"]
    if failures.null_count == 0:
        raise InvalidRunError(f"not one of {len(failures)} answers was right{_most_frequent(observed)}")
    return summarise(
        observed.requests, observed.window.duration_s, observed.server_cpu_s, observed.server_peak_rss_bytes
    )


def _most_frequent(observed: Observed) -> str:
    counts = observed.requests["failure"].value_counts().to_pylist()
    worst = max(counts, key=lambda counted: counted["counts"], default=None)
    return f"; most often: {worst['values']}" if worst else ""


def _write(folder: Path, run: Run, observed: Observed) -> None:
    pq.write_table(observed.requests, folder / "requests.parquet", compression="zstd")
    shutil.rmtree(folder / "raw")
    locust_csv.write(folder, observed.requests, observed.window, observed.users, observed.finished)
    write_values(folder / "summary.csv", Summary, run.summary)
    write_values(folder / "resources.csv", Sample, observed.samples)
    run_charts.write(folder, run, observed.requests)
    runs.write_json(folder, asdict(run))
