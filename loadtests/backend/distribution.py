"""Elastic's minimal distribution of Elasticsearch, from Maven Central, checked and unpacked.

It is downloaded and unpacked under a temporary name, and renamed when whole and genuine. The next attempt discards an
interrupted one, and never runs it.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from loadtests.backend.places import let_everyone_read
from loadtests.errors import LabError

_TIMEOUT_S = 60
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Distribution:
    """A distribution to fetch: `repository` is the URL of a Maven repository, Maven Central unless given."""

    version: str = "8.17.10"
    sha256: str = "7fa7e5e0384b6edd4bc77f67b35adfb6b058973234acae2adaeb37a98b363e77"
    repository: str | None = None

    def unpacked(self, cache: Path, console: Console) -> Path:
        """The folder in `cache` that holds it, fetched at the first call; one caller at a time. Raises LabError."""
        folder = cache / f"elasticsearch-{self.version}"
        if not folder.exists():
            try:
                self._fetch(folder, cache / "unfinished", console)
            except (OSError, RuntimeError) as error:
                raise LabError(
                    f"Elasticsearch {self.version} could not be downloaded, and nothing of it was kept ({error}): "
                    "check network and disk and try again, or set ES_URL to a cluster of yours"
                ) from error
        return folder

    def _fetch(self, folder: Path, unfinished: Path, console: Console) -> None:
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            archive = self._downloaded(unfinished, console)
            self._verify(archive)
            with zipfile.ZipFile(archive) as content:
                content.extractall(unfinished)
            let_everyone_read(unfinished / folder.name)
            (unfinished / folder.name).rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _downloaded(self, repo_cache: Path, console: Console) -> Path:
        remote_repos = {"given": self.repository} if self.repository else None
        resolver = PythonResolver(progress_callback=lambda name, size_bytes: _progress(name, size_bytes, console))
        context = MavenContext(repo_cache=repo_cache, remote_repos=remote_repos, resolver=resolver, timeout=_TIMEOUT_S)
        project = context.project("org.elasticsearch.distribution.integ-test-zip", "elasticsearch")
        return project.at_version(self.version).artifact(packaging="zip").resolve()

    def _verify(self, archive: Path) -> None:
        with archive.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != self.sha256:
            raise LabError(
                f"the download of Elasticsearch {self.version} was thrown away: its SHA-256 is {found}, not "
                f"{self.sha256}; try again, and if that repeats, something on the way alters downloads"
            )


ELASTICSEARCH = Distribution()
"""The distribution that the lab runs."""


@contextmanager
def _progress(name: str, size_bytes: int, console: Console) -> Iterator[Callable[[int], None]]:
    console.out(f"downloading {name} ({size_bytes / _MEGABYTE:.0f} MB)")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("download", total=size_bytes)
        yield lambda received_bytes: progress.advance(task, received_bytes)
