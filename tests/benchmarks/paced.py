"""What Locust runs beside the lab's open load: closed users with Locust's own pacing, which others take for a rate."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

from loadtests.asking import to_record
from loadtests.recorder import Recorder

recorder = Recorder(Path(os.environ["RECORDS"]))


class Paced(FastHttpUser):
    wait_time = constant_throughput(float(os.environ["EACH_PER_S"]))

    def context(self) -> dict[str, float]:
        return {"start_s": time.perf_counter()}

    @task
    def ask(self) -> None:
        self.client.get("/")


def record(**event: Any) -> None:
    recorder.add(to_record(**event))


events.request.add_listener(record)
events.quit.add_listener(lambda **_: recorder.close())
