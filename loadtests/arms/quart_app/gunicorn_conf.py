"""The configuration of gunicorn for its ASGI worker, which has no threads."""

from loadtests.arms.gunicorn_conf import *  # noqa: F403

threads = 1
