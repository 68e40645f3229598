"""The lab works in a folder whose name has a space and a letter beyond ASCII, which shells and make stumble over."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.checkout import PROJECT

GO = """#!/bin/sh
# In the place of the compiler: what it would be asked for, where it would put it.
if [ "$1" = env ]; then echo '{}'; exit; fi
printf '%s\\n' "$GOBIN" "$@" > "$GOBIN/asked"
: > "$GOBIN/server"
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's files, with the environment of the tests in the place of its own."""
    folder = tmp_path_factory.mktemp("work") / "a clone of Zoë's (2)"
    parts = ("async_app", "loadtests", "pitfalls", "requirements", "shared", "stubs", "sync_app", "claims")
    for part in parts:
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "Makefile", folder)
    environments = folder / ".lab" / "envs"
    environments.mkdir(parents=True)
    (environments / "lab").symlink_to(sys.prefix)
    return folder


def make(checkout: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The environment is taken as it is."""
    command = ["make", "--old-file=.lab/envs/lab/.ready", *words]
    return subprocess.run(command, cwd=checkout, env=os.environ | environ, capture_output=True, text=True, check=False)


def test_toxiproxy_is_built_into_it(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs of Zoë's"
    programs.mkdir()
    (programs / "go").write_text(GO)
    (programs / "go").chmod(0o755)
    built = checkout / ".lab" / "toxiproxy"
    built.mkdir()
    done = make(checkout, ".lab/toxiproxy/server", PATH=f"{programs}:{os.environ['PATH']}")
    assert (done.returncode, done.stderr) == (0, "building .lab/toxiproxy/server\n")
    assert (built / "asked").read_text().splitlines()[:2] == [str(built), "install"]


@pytest.mark.robustness
def test_an_exhibit_is_shown_in_it(checkout: Path, elasticsearch_url: str) -> None:
    proxy = checkout / ".lab" / "toxiproxy" / "server"
    done = make(
        checkout, f"--old-file={proxy.relative_to(checkout)}", "pitfalls", "ONLY=aioflask_forgotten_await",
        f"ES_URL={elasticsearch_url}", "BOOKS=40",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "aioflask_forgotten_await: reproduced and cured" in done.stdout
    assert [*(checkout / "results").glob("*-pitfalls/pitfalls.csv")]
