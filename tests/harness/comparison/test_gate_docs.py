"""The snippets of docs/gate.md, tried as the scripts that a continuous integration runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest
import yaml

from loadtests.checkout import PROJECT
from loadtests.comparison.gate import Outcome
from loadtests.comparison.verdict.metrics import METRICS
from loadtests.comparison.verdict.sequential import ALPHA, LOOKS, levels

PAGE = (PROJECT / "docs" / "gate.md").read_text()
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
SCRIPTS = {
    "github": GITHUB["jobs"]["gate"]["steps"][-1]["run"],
    "gitlab": "\n".join(GITLAB["gate"]["script"]),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone with an `origin/main`, one commit ahead of it."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git(origin, "init", "--quiet", "--initial-branch=main")
    (origin / "requirements").mkdir()
    for name in ("Makefile", "requirements/lab.txt"):
        (origin / name).write_text((PROJECT / name).read_text())
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "first")
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "switch", "--quiet", "--create", "change")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "second")
    return clone


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    ran = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def ran(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """As both systems run it: each line in bash, which ends at the first that fails. Make says what it would do."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"MAKEFLAGS": "n"} | environment,
    )  # fmt: skip


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("system", SCRIPTS)
def test_a_snippet_ends_as_the_gate_does(system: str, code: int, checkout: Path) -> None:
    """The gate itself is played by a script that ends with the code."""
    gate = checkout / ".lab/envs/lab/bin/python"
    gate.parent.mkdir(parents=True)
    gate.write_text(f'#!/bin/sh\necho "$BASE $@ $(git log -1 --format=%s)"\nexit {code}\n')
    gate.chmod(0o755)
    done = ran(SCRIPTS[system], checkout)
    forgiven = system == "github" and code == Outcome.INCONCLUSIVE
    assert done.returncode == (0 if forgiven else code), done.stderr
    assert "results/latest-compare -E -m loadtests gate second\n" in done.stdout
    assert ".lab/envs/lab/bin/python -E -m loadtests bench\n" in done.stdout
    assert ("::warning::" in done.stdout) == forgiven
    assert git(checkout, "branch", "--show-current") == "change"


def test_gitlab_forgives_what_is_inconclusive_and_nothing_else() -> None:
    assert GITLAB["gate"]["allow_failure"] == {"exit_codes": [int(Outcome.INCONCLUSIVE)]}


@pytest.mark.parametrize("system", SCRIPTS)
def test_the_command_of_a_snippet_is_one_that_the_lab_has(system: str, tmp_path: Path) -> None:
    """Without an Elasticsearch it ends with the code of an error, and says so."""
    [line] = [line for line in SCRIPTS[system].splitlines() if "loadtests gate" in line]
    line = line.replace(".lab/envs/lab/bin/python", quote(sys.executable))
    lines = f"cd {quote(str(PROJECT))}\ncode=0\n{line}\nexit $code"
    done = ran(lines, tmp_path, ES_URL="http://127.0.0.1:1", LOCK_PORT="0")
    assert (done.returncode, done.stderr.startswith("error: ")) == (4, True), done.stderr


def test_the_page_has_the_margins_and_levels_of_the_code() -> None:
    margins = {metric.short: f"{metric.gate_margin:.0%}" for metric in METRICS.values() if metric.primary_in}
    assert margins | {"failures": "0.1 points"} == {
        "throughput": "5%", "p95": "15%", "cpu": "5%", "memory": "3%", "failures": "0.1 points",
    }  # fmt: skip
    shares = [look / LOOKS[-1] for look in LOOKS]
    for look, passing, worse in zip(LOOKS, levels(shares), levels(shares, ALPHA / 6), strict=True):
        assert f"| {look} | {passing:.4f} | {worse:.5f} |" in PAGE
