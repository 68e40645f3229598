"""The environment of every process that the lab starts: an allow-list of the user's variables, and nothing else.

Many variables of a shell change what is measured, and no record would show it: FLASK_DEBUG, GUNICORN_CMD_ARGS,
PYTHONHASHSEED, MALLOC_ARENA_MAX, LD_PRELOAD and more. PASS_ENV='NAME NAME' lets others through, and the conditions of
the run name them.
"""

from __future__ import annotations

import os

from loadtests.errors import LabError
from shared.settings import CONFIDENTIAL, PREFIX

PASS_VARIABLE = "PASS_ENV"
OURS = frozenset(
    {
        *("LAB_HOST", "LAB_PORT", "LAB_WORKERS", "LAB_THREADS", "LAB_CORES"),
        *("LAB_ES_URL", "LAB_ES_API_KEY", "LAB_ES_CA_CERTS", "LAB_ES_POOL_SIZE"),
    }
)
"""The variables that the lab itself sets, or leaves out: a contender's cores are chosen from outside."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
KEPT = frozenset(
    {
        *("PATH", "HOME", "TMPDIR"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *_PROXIES,
        *map(str.upper, _PROXIES),
    }
)
"""The user's variables that every process gets. None of them changes a measurement on this machine."""
_LOCALE = {"LC_ALL": "C.UTF-8"}
"""The same for everyone, so that no encoding depends on who measures."""
_RESERVED = OURS | _LOCALE.keys() | {"PORT"}
_PUBLIC_PREFIXES = ("PYTHON", "MALLOC_", "GLIBC_", "LD_", "GEVENT_", "AIOHTTP_", "UVLOOP")
"""Variables whose values are no secrets."""
_NOT_SHOWN = "set"


def bare() -> dict[str, str]:
    """The least that a process needs: the path of programs, and the locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), **_LOCALE}


def started(**ours: str) -> dict[str, str]:
    """The environment of a process that the lab starts: the allow-list, LAB_… variables, those of PASS_ENV, and `ours`.

    Raises LabError when PASS_ENV names a variable that is not set, or that the lab sets.
    """
    names = {name for name in os.environ if name in KEPT or name.startswith(PREFIX)} | set(passed())
    return bare() | {name: os.environ[name] for name in names} | ours


def passed() -> list[str]:
    """The names in PASS_ENV. Raises LabError, as `started` does."""
    names = os.environ.get(PASS_VARIABLE, "").replace(",", " ").split()
    for name in names:
        if name in _RESERVED:
            raise LabError(f"{PASS_VARIABLE} names {name}, which the lab sets itself: leave it out")
        if name not in os.environ:
            raise LabError(f"{PASS_VARIABLE} names {name}, which is not set: set it, or leave it out")
    return names


def conditions() -> dict[str, str]:
    """The passed variables that may change a measurement, by name.

    The value of a variable that may be a secret is left out. Raises LabError, as `started` does.
    """
    settings = {name for name, value in os.environ.items() if name.startswith(PREFIX) and value}  # empty: not set
    names = settings - OURS | set(passed()) - KEPT
    return {name: os.environ[name] if _is_public(name) else _NOT_SHOWN for name in sorted(names)}


def _is_public(name: str) -> bool:
    if name.startswith(PREFIX):
        return name.removeprefix(PREFIX).lower() not in CONFIDENTIAL
    return name.startswith(_PUBLIC_PREFIXES)
