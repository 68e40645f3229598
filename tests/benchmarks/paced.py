"""What Locust runs beside the lab's open load: closed users with Locust's own pacing, which others take for a rate."""

from __future__ import annotations

import os
from pathlib import Path

from locust import User, constant_throughput, events, task

from loadtests.load import checks
from loadtests.load.client import Client
from loadtests.load.recorder import Recorder
from loadtests.load.sending import send
from loadtests.load.workloads import Request

recorder = Recorder(Path(os.environ["RECORDS"]))
ASK = Request("/", "GET", "/", checks.status(200))


class Paced(User):
    wait_time = constant_throughput(float(os.environ["EACH_PER_S"]))

    def on_start(self) -> None:
        self._client = Client()

    @task
    def ask(self) -> None:
        record, _ = send(self._client, self.host or "", ASK)
        recorder.add(record)


events.quit.add_listener(lambda **_: recorder.close())
