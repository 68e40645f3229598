"""The download: what arrives whole and genuine is unpacked, and nothing else is ever used."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from loadtests.backend.distribution import Distribution
from loadtests.errors import LabError
from tests.backend.support import Notes, http_server, send

ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _archive:
    _archive.writestr("elasticsearch-1.2.3/bin/elasticsearch", "a script")
GENUINE = ARCHIVE.getvalue()
SHA256 = hashlib.sha256(GENUINE).hexdigest()
PATH = "/org/elasticsearch/distribution/integ-test-zip/elasticsearch/1.2.3/elasticsearch-1.2.3.zip"


class Repository:
    """A Maven repository that serves one file, or what a test puts in its place."""

    content: bytes | None = GENUINE
    is_cut_short = False
    downloads = 0

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        if request.path != PATH or self.content is None:
            send(request, 404, b"")
        elif self.is_cut_short:
            send(request, 200, self.content[:50], Content_Length=str(len(self.content)))
        else:
            self.downloads += 1
            send(request, 200, self.content)


@pytest.fixture
def repository() -> Repository:
    return Repository()


@pytest.fixture
def distribution(repository: Repository) -> Iterator[Distribution]:
    with http_server(repository) as url:
        yield Distribution("1.2.3", SHA256, url)


def unpacked(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


WHOLE = {"elasticsearch-1.2.3/bin/elasticsearch": "a script"}


def test_it_is_fetched_once(distribution: Distribution, repository: Repository, tmp_path: Path) -> None:
    notes = Notes()
    folders = [distribution.unpacked(tmp_path, notes) for _ in range(2)]
    assert folders == [tmp_path / "elasticsearch-1.2.3"] * 2
    assert unpacked(tmp_path) == WHOLE
    assert repository.downloads == 1
    assert notes.lines == ["downloading elasticsearch-1.2.3.zip (0 MB)"]


@pytest.mark.parametrize(
    ("content", "is_cut_short", "complaint"),
    [
        (GENUINE, True, "could not be downloaded, and nothing of it was kept"),
        (None, False, "could not be downloaded, and nothing of it was kept"),
        (GENUINE + b"!", False, f"was thrown away: its SHA-256 is {hashlib.sha256(GENUINE + b'!').hexdigest()}"),
    ],
    ids=["interrupted", "missing", "altered"],
)
def test_a_bad_download_is_reported_and_not_used_next_time(
    content: bytes | None,
    is_cut_short: bool,
    complaint: str,
    distribution: Distribution,
    repository: Repository,
    tmp_path: Path,
) -> None:
    repository.content, repository.is_cut_short = content, is_cut_short
    with pytest.raises(LabError, match=re.escape(complaint)):
        distribution.unpacked(tmp_path, Notes())
    assert unpacked(tmp_path) == {}

    repository.content, repository.is_cut_short = GENUINE, False
    distribution.unpacked(tmp_path, Notes())
    assert unpacked(tmp_path) == WHOLE


def test_an_unreachable_repository_is_reported(tmp_path: Path) -> None:
    with http_server(Repository()) as url:
        pass
    with pytest.raises(LabError, match="check network and disk and try again"):
        Distribution("1.2.3", SHA256, url).unpacked(tmp_path, Notes())


def test_what_a_killed_attempt_left_is_thrown_away(distribution: Distribution, tmp_path: Path) -> None:
    half = tmp_path / "unfinished" / "elasticsearch-1.2.3"
    half.mkdir(parents=True)
    (half / "half a file").write_text("")
    distribution.unpacked(tmp_path, Notes())
    assert unpacked(tmp_path) == WHOLE
