"""The file for gunicorn in docs/pinning.md gives each worker a core, and a new one the free core."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from loadtests.checkout import PROJECT
from loadtests.children import running
from tests.affinity import are_on, worker_on, workers_of
from tests.conftest import free_port
from tests.waiting import eventually

PAGE = (PROJECT / "docs" / "pinning.md").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen on Linux only")
def test_the_file_for_gunicorn_pins_its_workers(tmp_path: Path) -> None:
    (content,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "gunicorn_conf.py").write_text(content)
    (tmp_path / "app.py").write_text("def app(environ, start_response):\n    raise NotImplementedError\n")
    cores = sorted(os.sched_getaffinity(0))
    options = ["--config", "gunicorn_conf.py", "--workers", str(len(cores)), "--bind", f"127.0.0.1:{free_port()}"]
    command = [sys.executable, "-m", "gunicorn", *options, "app:app"]
    with running(command, os.environ, tmp_path / "log", grace_s=10, cwd=tmp_path) as server:
        for core in cores[:2]:
            ended = worker_on(core, eventually(lambda: now if are_on(now := workers_of(server), *cores) else {}))
            os.kill(ended, signal.SIGKILL)
            eventually(lambda ended=ended: ended not in workers_of(server))  # type: ignore[misc]
        eventually(lambda: are_on(workers_of(server), *cores))
