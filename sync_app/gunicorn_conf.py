"""gunicorn's configuration: the settings, and the worker's hooks for its core, Elasticsearch client and threads."""

from __future__ import annotations

import os
import sys
from collections import Counter
from logging.config import dictConfig

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from shared import logs
from shared.headers import MAX_FIELD_BYTES, MAX_FIELDS
from shared.settings import Settings
from sync_app import TWIN, pinning

_settings = Settings.from_environ(os.environ, TWIN)
_cores = pinning.cores(_settings)

wsgi_app = "sync_app.app:create_app()"
bind = _settings.address
worker_class = "sync_app.connections.Worker"
workers = _settings.workers
threads = _settings.threads
backlog = _settings.backlog
keepalive = _settings.keep_alive_s
graceful_timeout = _settings.shutdown_s
limit_request_line = 0  # the limit of the whole head bounds it, in both twins
limit_request_fields = MAX_FIELDS
limit_request_field_size = MAX_FIELD_BYTES
forwarded_allow_ips = ""  # the application decides which proxy headers to believe, alike in both twins
raw_env = ["SCRIPT_NAME="]  # gunicorn takes it from the environment
accesslog = None
loglevel = "warning"
control_socket_disable = True


def on_starting(_server: Arbiter) -> None:
    dictConfig(logs.config(_settings.log))


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Choose the core with the fewest workers: the one of a worker that has ended, where one has."""
    if _cores:
        workers_on = Counter(one.core for one in server.WORKERS.values())
        worker.core = min(_cores, key=workers_on.__getitem__)


def post_fork(_server: Arbiter, worker: Worker) -> None:
    if _cores:
        os.sched_setaffinity(0, {worker.core})


# The application is imported in the workers only, as gunicorn itself does: the master needs none of it.


def post_worker_init(worker: Worker) -> None:
    from sync_app.backend import open_client
    from sync_app.gathering import open_threads

    if _settings.switch_interval_ms:
        sys.setswitchinterval(_settings.switch_interval_ms / 1000)
    open_client(worker.wsgi)
    open_threads(worker.wsgi)


def worker_exit(_server: object, worker: Worker) -> None:
    from sync_app.backend import close_client
    from sync_app.gathering import close_threads

    close_threads(worker.wsgi)
    close_client(worker.wsgi)
