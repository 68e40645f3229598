"""Loads the corpus into Elasticsearch: into a new index, to which an alias is switched when it is whole.

An index of ours has a marker in its mapping's `_meta`, with its alias and the identity of its books. An index without
the marker is never touched. A marked index that is not behind the alias is left over from an interrupted load, and is
removed.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any

from elastic_transport import TlsError
from elasticsearch import ApiError, AuthenticationException, AuthorizationException, Elasticsearch, TransportError
from rich.console import Console
from rich.progress import track

from loadtests.backend import cluster
from loadtests.backend.corpora import Corpus, CorpusFile, SeededCorpus
from loadtests.backend.corpus import MAPPING
from loadtests.errors import LabError
from loadtests.options import BackendOptions
from shared.books import INDEX, document

_CHUNK_BOOKS = 500
_SENDERS = 2
_REQUEST_TIMEOUT_S = 120
_SECONDS_BETWEEN_LINES = 10


@dataclass(frozen=True)
class LoadedCorpus:
    """The corpus behind the alias."""

    documents: int
    corpus_sha256: str


def load_corpus(es_url: str, options: BackendOptions, console: Console, *, index: str = INDEX) -> LoadedCorpus:
    """Make the alias stand for the corpus of the options; nothing is loaded when it does already.

    `index` is another alias only in tests, which share a node. Raises LabError when the corpus has bad lines, when an
    index of that name is not ours, and when Elasticsearch refuses: then the former books are still there.
    """
    corpus: Corpus = CorpusFile(options.corpus) if options.corpus else SeededCorpus(options.books)
    try:
        with Elasticsearch(es_url, request_timeout=_REQUEST_TIMEOUT_S, **options.access.of_client) as client:
            return _Loader(client, index, console).ensure(corpus)
    except TlsError as error:
        raise LabError(cluster.untrusted(es_url, error)) from error
    except (AuthenticationException, AuthorizationException) as error:
        raise LabError(f"{cluster.refusal(es_url, error.status_code)}; {error}") from error
    except (ApiError, TransportError) as error:
        raise LabError(
            f"the books could not be loaded: {error}; see Elasticsearch's own log, then try again"
        ) from error


@dataclass(frozen=True)
class _Loader:
    """Makes the alias `index` stand for a corpus."""

    client: Elasticsearch
    index: str
    console: Console

    def ensure(self, corpus: Corpus) -> LoadedCorpus:
        """Load the corpus unless it is there. Books that users changed since then don't count as missing."""
        standing = self._standing()
        sha256 = corpus.sha256()
        for loaded in standing.values():
            if loaded.corpus_sha256 == sha256:
                return loaded
        wanted = LoadedCorpus(corpus.count(), sha256)
        self._remove_leftovers()
        try:
            self._replace(list(standing), wanted, corpus)
        finally:
            self._remove_leftovers()
        return wanted

    def _standing(self) -> dict[str, LoadedCorpus]:
        """The corpora behind the alias, by name of the index. Raises LabError when an index is not ours."""
        if not self.client.indices.exists(index=self.index):
            return {}
        found = self.client.indices.get_mapping(index=self.index)
        ours = {name: self._mark(body) for name, body in found.items() if name != self.index}
        if len(ours) < len(found) or None in ours.values():
            raise LabError(
                f"{self.index} exists in this cluster and was not made by twinlab, which leaves it alone: "
                "rename it, or set ES_URL to another cluster"
            )
        return {name: loaded for name, loaded in ours.items() if loaded}

    def _mark(self, body: dict[str, Any]) -> LoadedCorpus | None:
        match body["mappings"].get("_meta"):
            case {"twinlab": {"alias": self.index, "documents": int(documents), "corpus_sha256": str(sha256)}}:
                return LoadedCorpus(documents, sha256)
        return None

    def _remove_leftovers(self) -> None:
        found = self.client.indices.get(index=f"{self.index}-*", features=["aliases", "mappings"])
        for name, body in found.items():
            if self._mark(body) and self.index not in body["aliases"]:
                self.client.indices.delete(index=name, ignore_unavailable=True)

    def _replace(self, old: list[str], wanted: LoadedCorpus, corpus: Corpus) -> None:
        new = f"{self.index}-{secrets.token_hex(6)}"
        self._create(new, wanted)
        started = time.perf_counter()
        self._send(_entrance(new), wanted, corpus)
        self._finish(new, wanted)
        if corpus.sha256() != wanted.corpus_sha256:
            raise LabError("the corpus changed while it was loaded: try again")
        self._switch(old, new)
        seconds = time.perf_counter() - started
        self._say(f"loaded {wanted.documents:,} books in {seconds:.1f} s ({wanted.documents / seconds:,.0f} a second)")

    def _create(self, name: str, wanted: LoadedCorpus) -> None:
        mark = {"alias": self.index, "documents": wanted.documents, "corpus_sha256": wanted.corpus_sha256}
        self.client.indices.create(
            index=name,
            settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"},
            mappings=MAPPING | {"_meta": MAPPING["_meta"] | {"twinlab": mark}},
            aliases={_entrance(name): {}},
        )

    def _send(self, entrance: str, wanted: LoadedCorpus, corpus: Corpus) -> None:
        for _ in self._shown(_sent(self.client, entrance, corpus.books()), wanted.documents):
            pass

    def _finish(self, name: str, wanted: LoadedCorpus) -> None:
        """Make the books visible. Raises LabError if any is missing."""
        self.client.indices.put_settings(index=name, settings={"refresh_interval": None})
        self.client.indices.refresh(index=name)
        stored = self.client.count(index=name)["count"]
        if stored != wanted.documents:
            raise LabError(f"{wanted.documents:,} books were sent, but {stored:,} arrived: try again")

    def _switch(self, old: list[str], new: str) -> None:
        """Switch the alias in one step of the cluster, so that readers find the old books or the new ones, never
        none."""
        self.client.indices.update_aliases(
            actions=[
                {"add": {"index": new, "alias": self.index}},
                {"remove": {"index": new, "alias": _entrance(new)}},
                *({"remove_index": {"index": name}} for name in old),
            ]
        )

    def _shown(self, books: Iterable[None], total: int) -> Iterable[None]:
        if self.console.is_terminal:
            return track(books, f"loading {total:,} books", total=total, console=self.console)
        return self._reported(books, total)

    def _reported(self, books: Iterable[None], total: int) -> Iterator[None]:
        self._say(f"loading {total:,} books")
        reported = time.monotonic()
        for number, book in enumerate(books, start=1):
            if time.monotonic() - reported > _SECONDS_BETWEEN_LINES:
                self._say(f"loaded {number:,} of {total:,} books")
                reported = time.monotonic()
            yield book

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False)


def _entrance(name: str) -> str:
    """The alias through which an index is filled. Elasticsearch creates a missing index anew, but never an alias."""
    return f"{name}-entrance"


def _sent(client: Elasticsearch, entrance: str, books: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[None]:
    """Send the books, a few chunks at a time, and yield once for each stored book.

    `helpers.parallel_bulk` takes half as much CPU again, and after an error or Ctrl-C sends everything left.
    """
    with ThreadPoolExecutor(_SENDERS) as senders:
        pending: deque[Future[int]] = deque()
        while chunk := list(islice(books, _CHUNK_BOOKS)):
            pending.append(senders.submit(_store, client, entrance, chunk))
            if len(pending) > _SENDERS:
                yield from repeat(None, pending.popleft().result())
        for future in pending:
            yield from repeat(None, future.result())


def _store(client: Elasticsearch, entrance: str, chunk: list[tuple[str, dict[str, Any]]]) -> int:
    """The number of stored books, which is all. Raises LabError with Elasticsearch's reason for the first refused
    book."""
    operations = [part for book_id, book in chunk for part in ({"index": {"_id": book_id}}, document(book))]
    response = client.bulk(
        index=entrance, operations=operations, require_alias=True, filter_path="errors,items.*._id,items.*.error"
    )
    if response["errors"]:
        refused = next(item["index"] for item in response["items"] if "error" in item["index"])
        raise LabError(
            f"book {refused['_id']} was refused, so none is loaded; fix this first: {refused['error']['reason']}"
        )
    return len(chunk)
