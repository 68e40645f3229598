"""The sources of the claims."""

from __future__ import annotations

from claims.claim import Source

DJANGO = Source(
    "Django's documentation, Asynchronous support", "https://docs.djangoproject.com/en/stable/topics/async/"
)
FLASK = Source(
    "Flask's documentation, Using async and await, Performance",
    "https://flask.palletsprojects.com/en/stable/async-await/",
)
GRINBERG = Source(
    "Miguel Grinberg, Ignore All Web Performance Benchmarks, Including This One (2020)",
    "https://blog.miguelgrinberg.com/post/ignore-all-web-performance-benchmarks-including-this-one",
)
PATERSON = Source(
    "Cal Paterson, Async Python is not faster (2020)", "https://calpaterson.com/async-python-is-not-faster.html"
)
SUPER_FAST_PYTHON = Source(
    "Super Fast Python, Coroutines Use Less Memory Than Threads", "https://superfastpython.com/?p=4826"
)
SYNC_VS_ASYNC = Source(
    "Flask Sync vs. Async: Understanding the Performance Bottleneck in IO-Bound Tasks (2024)",
    "https://belinhacbr.xyz/blog/2024-10-30-flask-sync-vs-async",
)
TSUTSUMI = Source(
    "aiohttp vs Multithreaded Flask for High I/O Applications (2017)",
    "https://y.tsutsumi.io/2017/09/23/aiohttp-vs-multithreaded-flask-for-high-io-applications",
)
