"""The code that Locust runs: users who perform the workload's actions, a recorder, and the measured window.

The lab starts it with a Plan in the environment; it reports to standard output, one JSON object a line.
"""

from __future__ import annotations

import logging
import os
import time
from itertools import count
from pathlib import Path
from typing import Any

import gevent
from locust import User as LocustUser
from locust import constant, events, task
from locust.exception import CatchResponseError, StopUser
from locust.runners import Runner

from loadtests.load.catalogue import Catalogue
from loadtests.load.checks import Response
from loadtests.load.client import Client
from loadtests.load.plan import PLAN_VARIABLE, Finished, Plan, Report, Window, to_line
from loadtests.load.recorder import Record, Recorder
from loadtests.load.sending import carry_out, send
from loadtests.load.workloads import Popularity, Repeater, Request, Visitor, known_requests
from loadtests.single.meter import Meter
from loadtests.targets import is_local

REPORT_EVERY_S = 0.5

plan = Plan.from_json(os.environ[PLAN_VARIABLE])
catalogue = Catalogue.read(Path(plan.catalogue))
popularity = Popularity(catalogue)
known = known_requests(catalogue, popularity, plan.workload) if plan.replayed else None
numbers = count()


class User(LocustUser):
    """A closed user: sends a request, waits for the response, checks it, and sends the next."""

    wait_time = constant(0)
    begun = 0
    may_begin = True

    def on_start(self) -> None:
        if not is_local(self.host or ""):
            logging.error("load goes to this machine only, and %s is not an address of it", self.host)
            raise StopUser
        self._client = Client()
        number = next(numbers)
        self._visitor = Repeater(known, number) if known else Visitor(catalogue, popularity, number, plan.workload)

    @task
    def perform_action(self) -> None:
        if not User.may_begin:
            raise StopUser
        carry_out(self._visitor.next_action(), self._send)

    def _send(self, request: Request) -> Response | None:
        User.begun += 1
        record, response = send(self._client, self.host or "", request)
        self.environment.events.request.fire(
            request_type=record.method,
            name=record.endpoint,
            response_time=record.service_time_ms,
            response_length=record.size_bytes,
            exception=CatchResponseError(record.failure) if record.failure else None,
            context={"record": record},
        )
        return response


class Measurement:
    """One recorded run: ramp-up, warm-up, the measured window, and the requests still in progress at its end."""

    def __init__(self, runner: Runner, records: Path) -> None:
        self._runner = runner
        self._recorder = Recorder(records)
        self._meter = Meter()
        self._phase = "ramp-up"
        heard = runner.environment.events
        heard.request.add_listener(self._record)
        heard.spawning_complete.add_listener(self._on_spawned)
        heard.quit.add_listener(self._on_quit)
        gevent.spawn(self._report)

    def _record(self, context: dict[str, Record], **_: Any) -> None:
        record = context["record"]
        self._recorder.add(record)
        self._meter.add(record.service_time_ms, record.failure is not None)

    def _on_spawned(self, **_: Any) -> None:
        gevent.spawn(self._measure)

    def _measure(self) -> None:
        self._phase = "warm-up"
        gevent.sleep(plan.warmup_s)
        self._phase = "measuring"
        begin_s = time.perf_counter()
        _say(Window(begin_s, begin_s + plan.duration_s, time.time()))
        gevent.sleep(plan.duration_s)
        self._phase = "finishing"
        self._let_users_finish()
        self._runner.quit()

    def _let_users_finish(self) -> None:
        """Let users finish. Locust's own stop kills users who wait between two actions, and one may begin a request
        before it dies."""
        User.may_begin = False
        self._runner.user_greenlets.join()

    def _report(self) -> None:
        while True:
            gevent.sleep(REPORT_EVERY_S)
            _say(self._meter.read(self._phase, self._runner.user_count))

    def _on_quit(self, **_: Any) -> None:
        self._recorder.close()
        raised = self._runner.exceptions.values()
        exceptions = [{name: raised_one[name] for name in ("count", "msg", "traceback")} for raised_one in raised]
        _say(Finished(User.begun, self._recorder.count, exceptions))


def _say(report: Report) -> None:
    print(to_line(report), flush=True)


def _on_init(runner: Runner, **_: Any) -> None:
    if plan.records is not None:
        Measurement(runner, Path(plan.records))


events.init.add_listener(_on_init)
