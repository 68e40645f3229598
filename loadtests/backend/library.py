"""The corpus as the harness reads it and cleans it up, directly in Elasticsearch."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError
from elasticsearch.helpers import scan

from loadtests.access import OPEN, Access
from loadtests.errors import LabError
from loadtests.load.catalogue import LOAD_TEST_TAG, Catalogue, Known
from shared.books import INDEX

SAMPLE_SIZE = 1_000

_MARKED = {"term": {"tags": LOAD_TEST_TAG}}
_COMMON_SHARE = 0.25
"""The share of books above which a word counts as a stop word: nobody searches for it."""
_LONGEST_WORD = 50
_TIMEOUT_S = 60


def prepare(es_url: str, access: Access = OPEN) -> Catalogue:
    """Remove the books of an earlier load test, and sample the catalogue. Raises LabError."""
    tidy(es_url, access)
    with _elasticsearch(es_url, access) as client:
        catalogue = sample(client)
    if not catalogue.books:
        raise LabError("there are no books: load some with make up")
    return catalogue


def tidy(es_url: str, access: Access = OPEN) -> None:
    """Remove the books that load tests wrote. Raises LabError."""
    with _elasticsearch(es_url, access) as client:
        remove_leftovers(client)


@contextmanager
def _elasticsearch(es_url: str, access: Access) -> Iterator[Elasticsearch]:
    try:
        with Elasticsearch(es_url, request_timeout=_TIMEOUT_S, **access.of_client) as client:
            yield client
    except (ApiError, TransportError) as error:
        raise LabError(f"Elasticsearch failed while the load test was prepared or tidied up: {error}") from error


def sample(client: Elasticsearch, size: int = SAMPLE_SIZE) -> Catalogue:
    """Read the `size` books whose ids have the smallest hashes: a fair sample of any corpus, however it was loaded."""
    client.indices.refresh(index=INDEX)
    query = {"query": {"bool": {"must_not": _MARKED}}}
    hits = scan(client, query=query, index=INDEX, _source=False, size=10_000)
    ids = heapq.nsmallest(size, (hit["_id"] for hit in hits), key=_rank)
    sources = {doc["_id"]: doc["_source"] for page in _pages(ids) for doc in client.mget(index=INDEX, ids=page)["docs"]}
    words = {book_id: found for page in _pages(ids) for book_id, found in _words(client, page)}
    telling = _telling(words)
    return Catalogue([_known(book_id, sources[book_id], telling[book_id]) for book_id in ids])


def remove_leftovers(client: Elasticsearch) -> int:
    """Delete the books that load tests wrote, and count them. (The embedded node has no delete-by-query.)"""
    client.indices.refresh(index=INDEX)
    hits = scan(client, query={"query": _MARKED}, index=INDEX, _source=False)
    operations = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in hits]
    for page in _pages(operations):
        client.bulk(operations=page)
    client.indices.refresh(index=INDEX)
    return len(operations)


def _rank(book_id: str) -> bytes:
    return hashlib.sha256(book_id.encode()).digest()


def _pages(items: list[Any], size: int = 500) -> Iterable[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _words(client: Elasticsearch, ids: list[str]) -> Iterable[tuple[str, list[str]]]:
    """The words of each summary as Elasticsearch itself splits it, whatever the language."""
    response = client.mtermvectors(
        index=INDEX,
        ids=ids,
        fields=["normal.summary"],
        field_statistics=False,
        positions=False,
        offsets=False,
        payloads=False,
    )
    for vector in response["docs"]:
        yield vector["_id"], sorted(vector["term_vectors"].get("normal.summary", {"terms": {}})["terms"])


def _telling(words: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Each book's words without the common ones; all of them when nothing else is left."""
    spread = Counter(word for found in words.values() for word in found)
    common = {word for word, books in spread.items() if books > _COMMON_SHARE * len(words)}
    return {
        book_id: [word for word in found if word not in common and len(word) <= _LONGEST_WORD]
        or [word for word in found if len(word) <= _LONGEST_WORD]
        for book_id, found in words.items()
    }


def _known(book_id: str, source: Mapping[str, Any], words: list[str]) -> Known:
    return Known(book_id, source["title"], source["genre"], source["year"], words)
