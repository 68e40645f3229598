"""How fast the loader is beside a bare `helpers.parallel_bulk` of the same books, made beforehand.

    ES_URL=http://127.0.0.1:9200 python -m tests.benchmarks.bulk_rate

They take turns, each first in every other round, with indices of their own, which are removed. One round before those
that count warms Elasticsearch up. Environment variables: ES_URL, BOOKS (10,000) and ROUNDS (5).
"""

from __future__ import annotations

import os
import secrets
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk
from rich.console import Console

from loadtests.backend.corpora import SeededCorpus
from loadtests.backend.corpus import MAPPING
from loadtests.backend.loader import load_corpus
from loadtests.options import BackendOptions
from tests.benchmarks import measuring

INDEX = f"twinlab-bulk-rate-{secrets.token_hex(6)}"


def measure(es_url: str, options: BackendOptions, rounds: int, console: Console) -> None:
    """Print both rates of each round, in books per second, and their median ratio."""
    ready_made = [{"_id": book_id, "_source": book} for book_id, book in SeededCorpus(options.books).books()]
    with Elasticsearch(es_url, request_timeout=120) as client:
        contenders: dict[str, Callable[[], object]] = {
            "bare": lambda: _load_bare(client, ready_made),
            "loader": lambda: load_corpus(es_url, options, Console(quiet=True), index=INDEX),
        }
        _round(client, contenders)
        ratios = []
        for _ in range(rounds):
            contenders = dict(reversed(contenders.items()))
            seconds = _round(client, contenders)
            rates_per_s = {name: options.books / seconds[name] for name in seconds}
            ratios.append(rates_per_s["loader"] / rates_per_s["bare"])
            console.print(", ".join(f"{name} {rate:,.0f}/s" for name, rate in sorted(rates_per_s.items())))
    console.print(f"{rounds} rounds of {options.books:,} books: median loader / bare {statistics.median(ratios):.2f}")


def _round(client: Elasticsearch, contenders: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The seconds that each took; what it made is removed."""
    return {name: _seconds(client, load) for name, load in contenders.items()}


def _load_bare(client: Elasticsearch, actions: list[dict[str, Any]]) -> None:
    client.indices.create(index=INDEX, mappings=MAPPING, settings={"number_of_replicas": 0})
    for _ in parallel_bulk(client, actions, index=INDEX):
        pass
    client.indices.refresh(index=INDEX)


def _seconds(client: Elasticsearch, load: Callable[[], object]) -> float:
    started = time.perf_counter()
    try:
        load()
        return time.perf_counter() - started
    finally:
        for name in client.indices.get(index=f"{INDEX}*"):
            client.indices.delete(index=name)


if __name__ == "__main__":
    url, rounds = os.environ.get("ES_URL", "http://127.0.0.1:9200"), int(os.environ.get("ROUNDS", "5"))
    measuring.measure("bulk_rate", lambda: measure(url, BackendOptions.from_environ(os.environ), rounds, Console()))
