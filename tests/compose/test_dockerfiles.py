"""What the images' Dockerfiles promise, read from their text alone; make images-check builds them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.compose.files import DOCKERFILES, VERSION, locked


def instructions(file: Path) -> list[tuple[str, str]]:
    """Each with its arguments, on one line."""
    text = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE).replace("\\\n", "")
    return [(name, " ".join(rest.split())) for name, rest in re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE)]


ALL = pytest.mark.parametrize("part", DOCKERFILES)


def test_both_twins_are_made_alike() -> None:
    assert DOCKERFILES["async"].read_text().replace("async", "sync") == DOCKERFILES["sync"].read_text()


def test_all_stand_on_the_same_exact_python() -> None:
    bases = {rest.split()[0] for file in DOCKERFILES.values() for name, rest in instructions(file) if name == "FROM"}
    assert [re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", base) is not None for base in bases] == [True]


@ALL
def test_packages_are_installed_by_their_hashes(part: str) -> None:
    installs = [rest for name, rest in instructions(DOCKERFILES[part]) if name == "RUN" and " install " in rest]
    assert ["--require-hashes -r /tmp/" in install for install in installs] == [True]


@ALL
def test_it_runs_as_nobody_in_particular_and_gets_its_signals_itself(part: str) -> None:
    last = dict(instructions(DOCKERFILES[part]))
    module = "loadtests" if part == "load" else f"{part}_app"
    assert (last["USER"], last["ENTRYPOINT"]) == ("10001:10001", f'["python", "-m", "{module}"]')


@ALL
def test_it_bears_the_projects_version(part: str) -> None:
    assert ("ARG", f"VERSION={VERSION}") in instructions(DOCKERFILES[part])


def test_a_twin_in_its_image_has_the_packages_that_it_has_outside() -> None:
    assert locked("twins.txt") < locked("lab.txt")
