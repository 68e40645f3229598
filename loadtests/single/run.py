"""One run of one contender: prepared, observed, summed up, and written to its folder."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console

from loadtests import conditions, runs
from loadtests.backend import Backend
from loadtests.backend.library import prepare, tidy
from loadtests.checkout import PROJECT
from loadtests.contenders import Contender
from loadtests.errors import InvalidRunError
from loadtests.load.catalogue import Catalogue
from loadtests.options import RunOptions
from loadtests.resources.sampler import Sample
from loadtests.runs import Run
from loadtests.single import charts, locust_csv
from loadtests.single.observation import Observed, observe
from loadtests.statistics import Summary, summarise
from loadtests.tables import write_values


def bench(contender: Contender, options: RunOptions, backend: Backend, console: Console, results: Path) -> Run:
    """Sample the catalogue, measure, and remove the books that the load test wrote. Raises as `measure` does."""
    catalogue = prepare(backend.url, backend.access)
    run = measure(contender, options, backend, catalogue, console, results)
    tidy(backend.url, backend.access)
    return run


def measure(
    contender: Contender, options: RunOptions, backend: Backend, catalogue: Catalogue, console: Console, results: Path
) -> Run:
    """Put load on a fresh server, and write the result folder.

    Raises InvalidRunError when the server dies, gives no correct response, or requests get lost; LabError when the lab
    itself fails.
    """
    console.print(
        f"{contender.title}: {options.users} users, {options.warmup:g} s warm-up, {options.duration:g} s measured"
    )
    backend.rehearse([(contender, PROJECT)], catalogue, options.workload, console)
    with runs.result_folder(results, contender.name) as folder:
        described = conditions.observe(contender, options, backend, catalogue)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        observed = observe(contender, options, backend, catalogue, folder, console)
        summary = _summarise(observed)
        run = Run(runs.final_name(folder), started, asdict(contender), described, summary, observed.users)
        _write(folder, run, observed)
    return run


def _summarise(observed: Observed) -> list[Summary]:
    failures = observed.requests["failure"]
    if failures.null_count == 0:
        raise InvalidRunError(f"not one of {len(failures)} responses was correct{_most_frequent(observed)}")
    return summarise(
        observed.under_way, observed.window.duration_s, observed.server_cpu_s, observed.server_peak_rss_bytes
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
    charts.write(folder, run, observed.under_way)
    runs.write_json(folder, asdict(run))
