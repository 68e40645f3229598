"""Locust's own web page, with the lab's workload, for experiments by hand. Nothing is recorded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rich.console import Console

from loadtests.backend import Backend
from loadtests.backend.library import prepare
from loadtests.children import last_lines, running
from loadtests.errors import LabError
from loadtests.load.locust_process import locust_command, locust_environ
from loadtests.load.plan import Plan
from loadtests.load.workloads import MIXED
from loadtests.options import UiOptions
from loadtests.single.generator import LOCUSTFILE

HOST = "127.0.0.1"
_STOP_WITHIN_S = 2


def serve(options: UiOptions, backend: Backend, console: Console) -> None:
    """Serve the page until interrupted. Raises LabError when Locust ends by itself (when the port is taken, say)."""
    with tempfile.TemporaryDirectory(prefix="twinlab-") as folder:
        known, log = Path(folder) / "catalogue.json", Path(folder) / "locust.log"
        known.write_text(prepare(backend.url, backend.access).to_json())
        command = [*locust_command(options.target, LOCUSTFILE), "--web-host", HOST, "--web-port", str(options.ui_port)]
        with running(command, locust_environ(Plan(str(known), MIXED)), log, grace_s=_STOP_WITHIN_S) as locust:
            console.print(f"Locust's page: http://{HOST}:{options.ui_port}, loading {options.target}; Ctrl-C ends it")
            code = locust.wait()
            raise LabError(f"Locust ended (exit code {code}). The end of its log:\n{last_lines(log)}")
