"""Installs what the lab runs on, into `.lab` alone, whatever the user's environment and configuration say.

    python3 -I requirements/install.py environment LOCK FOLDER PYTHONS
    python3 -I requirements/install.py uv ARGUMENT...
    python3 -I requirements/install.py go GO PACKAGE FOLDER

PYTHONS is a range such as ">=3.11,<3.14", or the path of an interpreter. Of the user's settings for pip, uv and go,
those count that say where packages come from: index, find-links, proxy, certificates, credentials, cache, time-outs.
All others would change what is installed, or where. This runs before there is any environment, and so needs the
standard library alone.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import importlib.metadata
import json
import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

FAILED = 4
"""The exit code of every failure here, as of the lab's commands: 1 would be a regression's."""

if sys.version_info < (3, 11):  # noqa: UP036
    print("error: Python 3.11 or newer is needed: make PYTHON=/path/to/python3 …", file=sys.stderr)
    sys.exit(FAILED)

import tomllib  # noqa: E402
from collections.abc import Iterator, Mapping, Sequence  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

LAB = Path(".lab")
OWN_UV = LAB / "uv"
UV_LOCK = Path("requirements/uv.txt")

_is_theirs = re.compile(r"(UV|PIP|_PIP|CONDA|_CONDA)_|PYTHON|VIRTUAL_ENV|__PYVENV_LAUNCHER__").match
_says_where_from = re.compile(
    r"UV_(INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|KEYRING_PROVIDER|CREDENTIALS_DIR"
    r"|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|CACHE_DIR|NO_CACHE|LOCK_TIMEOUT|HTTP_\w+|REQUEST_TIMEOUT"
    r"|PYTHON_DOWNLOADS\w*|\w+_MIRROR|\w+_MIRROR_URL)"
    r"|PIP_(INDEX_URL|PYPI_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|PROXY|CERT|CLIENT_CERT|TRUSTED_HOST"
    r"|KEYRING_PROVIDER|CACHE_DIR|NO_CACHE_DIR|TIMEOUT|DEFAULT_TIMEOUT|RETRIES|RESUME_RETRIES|USE_FEATURE"
    r"|USE_DEPRECATED)"
).fullmatch
_is_of_go = re.compile(r"GO[A-Z0-9]+|CGO_\w+").fullmatch
_UV_KEYS = {
    "index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy", "offline", "keyring-provider",
    "allow-insecure-host", "native-tls", "system-certs", "http-proxy", "https-proxy", "no-proxy", "cache-dir",
    "no-cache", "python-downloads", "python-downloads-json-url", "python-install-mirror", "pypy-install-mirror",
}  # fmt: skip
_UV_PATHS = {"find-links", "index-url", "extra-index-url", "url", "cache-dir"}
_GO_NAMES = {
    "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH", "GOVCS", "GOTOOLCHAIN",
    "GOPATH", "GOMODCACHE", "GOCACHE",
}  # fmt: skip


def environment(lock: Path, folder: Path, pythons: str) -> None:
    """Make the environment hold what its lock says, and mark it ready once its own interpreter says that it does."""
    python = folder / "bin" / "python"
    with _sources_of_uv() as environ:
        uv = _uv()
        if folder.is_symlink():  # what it leads to is not the lab's
            folder.unlink()
        if not _runs(python):
            shutil.rmtree(folder, ignore_errors=True)
        _fill(uv, lock, folder, pythons, environ)
        if _missing_in(python, lock, folder):  # a broken installation looks whole to uv
            shutil.rmtree(folder)
            _fill(uv, lock, folder, pythons, environ)
    if missing := _missing_in(python, lock, folder):
        _fail(f"{folder} was installed from {lock}, and does not hold it:\n{missing}")
    (folder / ".ready").touch()


def _fill(uv: Path, lock: Path, folder: Path, pythons: str, environ: Mapping[str, str]) -> None:
    base = pythons if Path(pythons).is_absolute() or not _within(pythons) else sys.executable
    _run([uv, "venv", "-q", "--allow-existing", "--python", base, folder], environ)
    _run([uv, "pip", "sync", "-q", "--require-hashes", "--python", folder / "bin" / "python", lock], environ)


def run_uv(arguments: list[str]) -> None:
    """Run uv with the user's sources."""
    with _sources_of_uv() as environ:
        _run([_uv(), *arguments], environ)


def go(compiler: str, package: str, folder: Path) -> None:
    """Build a command of a Go module into the folder."""
    environ = {name: value for name, value in os.environ.items() if name in _GO_NAMES or not _is_of_go(name)}
    config = {"GOENV": os.environ["GOENV"]} if "GOENV" in os.environ else {}
    asked = subprocess.run(
        [compiler, "env", "-json", *sorted(_GO_NAMES)], env=environ | config, check=True, capture_output=True, text=True
    )
    told = {name: value for name, value in json.loads(asked.stdout).items() if value}
    _run([compiler, "install", package], environ | told | {"GOENV": "off", "GOBIN": str(folder.resolve())})


def _uv() -> Path:
    """The user's uv where it is new enough, and otherwise the locked one, in `.lab`."""
    groups = tomllib.loads(Path("pyproject.toml").read_text())["dependency-groups"]
    ((_, oldest),) = re.findall(r"(uv>=)([\d.]+)", groups["uv"][0])
    ((_, locked),) = re.findall(r"^(uv==)([\d.]+)", UV_LOCK.read_text(), re.MULTILINE)
    theirs = shutil.which("uv")
    if theirs and (version := _version_of(Path(theirs))) and _release(version) >= _release(oldest):
        return Path(theirs)
    ours = OWN_UV / "bin" / "uv"
    if _version_of(ours) != locked:
        _install_uv()
        if _version_of(ours) != locked:
            _fail(f"{ours} was installed from {UV_LOCK}, and does not run as uv {locked}")
    return ours


def _version_of(uv: Path) -> str | None:
    """None where it is not there, or does not run."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        done = subprocess.run([uv, "--version"], check=True, capture_output=True, text=True)
        if found := re.match(r"uv (\d[\d.]*)", done.stdout):
            return found[1]
    return None


def _install_uv() -> None:
    print(f"installing uv into {OWN_UV}", file=sys.stderr)
    environ = _without_theirs()
    _run([sys.executable, "-I", "-m", "venv", "--clear", OWN_UV], environ)
    python = OWN_UV / "bin" / "python"
    pip = [python, "-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", UV_LOCK]
    _run(pip, environ | _sources_of_pip(python))
    if missing := _missing_in(python, UV_LOCK, OWN_UV):
        _fail(f"{OWN_UV} was installed from {UV_LOCK}, and does not hold it:\n{missing}")


def _without_theirs() -> dict[str, str]:
    """The environment without the variables of the installers, and of Python itself, that say no source."""
    return {name: value for name, value in os.environ.items() if not _is_theirs(name) or _says_where_from(name)}


def _sources_of_pip(python: Path) -> dict[str, str]:
    """The sources that pip's configuration files name, as variables; the files count no further."""
    asking = {"PIP_QUIET": "0", "PIP_VERBOSE": "0"}
    if "PIP_CONFIG_FILE" in os.environ:
        asking["PIP_CONFIG_FILE"] = os.environ["PIP_CONFIG_FILE"]
    listed = subprocess.run(
        [python, "-I", "-m", "pip", "config", "list", "--python=", f"--log={os.devnull}"],
        env=_without_theirs() | asking, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    settings = dict(line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    sources = {}
    for section in ("global.", "install.", ":env:."):  # each overrides those before it
        for key, value in settings.items():
            name = "PIP_" + key.removeprefix(section).upper().replace("-", "_")
            if key.startswith(section) and _says_where_from(name):
                sources[name] = str(ast.literal_eval(value))
    return sources | {"PIP_CONFIG_FILE": os.devnull}


@contextlib.contextmanager
def _sources_of_uv() -> Iterator[dict[str, str]]:
    """The environment for uv, with a configuration that holds the sources of the user's own alone."""
    settings: dict[str, Any] = {}
    for file in _uv_configurations():
        for key, value in _sources_in(_read(file), file.parent).items():
            both = isinstance(value, list) and isinstance(settings.get(key), list)
            settings[key] = settings[key] + value if both else settings.get(key, value)
    with tempfile.NamedTemporaryFile("w", prefix="twinlab-", suffix=".toml") as written:
        written.writelines(f"{key} = {_toml(value)}\n" for key, value in settings.items())
        written.flush()
        # What uv may fetch itself when no Python here is in range.
        yield _without_theirs() | {
            "UV_CONFIG_FILE": written.name,
            "UV_PYTHON_INSTALL_DIR": str((LAB / "python").resolve()),
        }


def _read(configuration: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(configuration.read_text())
    except (OSError, ValueError) as error:
        _fail(f"the configuration of uv, {configuration}, can't be read: {error}")


def _uv_configurations() -> list[Path]:
    """The files that uv would read for this user, the most important first."""
    if os.environ.get("UV_NO_CONFIG", "").lower() in ("1", "true", "yes", "on"):
        return []
    if named := os.environ.get("UV_CONFIG_FILE"):
        return [Path(named).absolute()]
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    system = [Path(folder) for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if folder]
    of_system = [file for folder in (*system, Path("/etc")) if (file := folder / "uv" / "uv.toml").is_file()]
    return [file for file in [user / "uv" / "uv.toml", *of_system[:1]] if file.is_file()]


def _sources_in(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What a configuration says of sources, with paths that no longer depend on where it stands."""
    found = {key: _rooted(key, value, folder) for key, value in table.items() if key in _UV_KEYS}
    if "pip" in table:
        found["pip"] = _sources_in(table["pip"], folder)
    return found


def _rooted(key: str, value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {name: _rooted(name, one, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [_rooted(key, one, folder) for one in value]
    is_path = key in _UV_PATHS and isinstance(value, str) and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value)
    return str(folder / value) if is_path else value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # whose strings, numbers and truths are TOML's as well


def _run(command: Sequence[object], environ: Mapping[str, str]) -> None:
    """Ends when the command fails; it has said why."""
    if code := subprocess.run([str(one) for one in command], env=environ).returncode:
        _fail(f"{Path(str(command[0])).name} {command[1]} ended with the exit code {code}; its words are above")


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([python, "-I", "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def _missing_in(python: Path, lock: Path, folder: Path) -> str:
    """What an environment lacks of its lock, a line each, as its own interpreter sees it."""
    command = [str(python), "-I", __file__, "missing", str(lock), str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=_without_theirs()).stdout


def missing(lock: Path, folder: Path) -> Iterator[str]:
    """What the interpreter that runs this lacks of a lock, in the environment that is its own."""
    if Path(sys.prefix).resolve() != folder.resolve():
        yield f"{sys.executable} is no interpreter of {folder}"
        return
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    installed = {_name(one.metadata["Name"]): one for one in importlib.metadata.distributions(path=[*places])}
    for name, version, marker in re.findall(
        r"^([\w.-]+)\S*==(\S+?)(?: ; (.+?))? *\\?$", lock.read_text(), re.MULTILINE
    ):
        if marker and not _applies(_parsed(marker)):
            continue
        found = installed.get(_name(name))
        if found is None or found.version != version:
            yield f"{name}=={version} ({found.version if found else 'nothing'} is there)"
        elif not found.files or not all(Path(file.locate()).exists() for file in found.files):
            yield f"{name}=={version} (files of it are not there)"


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _parsed(marker: str) -> ast.expr:
    return ast.parse(marker, mode="eval").body


_COMPARE: dict[type[ast.cmpop], Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


def _applies(node: ast.expr) -> bool:
    """Whether a marker, whose grammar is a part of Python's, is true of this interpreter. Raises ValueError."""
    if isinstance(node, ast.BoolOp):
        values = [_applies(one) for one in node.values]
        return any(values) if isinstance(node.op, ast.Or) else all(values)
    if not isinstance(node, ast.Compare) or type(node.ops[0]) not in _COMPARE or len(node.ops) != 1:
        raise ValueError(f"the lock has a marker that this can't read: {ast.unparse(node)}")
    sides = (node.left, node.comparators[0])
    left, right = (_ENVIRONMENT[one.id] if isinstance(one, ast.Name) else ast.literal_eval(one) for one in sides)
    compare = _COMPARE[type(node.ops[0])]
    is_version = any(isinstance(one, ast.Name) and one.id in _VERSIONS for one in sides)
    return bool(compare(_release(left), _release(right)) if is_version else compare(left, right))


_VERSIONS = {"python_version", "python_full_version", "implementation_version"}
_ENVIRONMENT = {
    "os_name": os.name,
    "sys_platform": sys.platform,
    "platform_machine": platform.machine(),
    "platform_system": platform.system(),
    "platform_release": platform.release(),
    "platform_version": platform.version(),
    "platform_python_implementation": platform.python_implementation(),
    "implementation_name": sys.implementation.name,
    "implementation_version": platform.python_version(),
    "python_version": ".".join(platform.python_version_tuple()[:2]),
    "python_full_version": platform.python_version(),
}


def _within(pythons: str) -> bool:
    """Whether the interpreter that runs this is in the range."""
    return all(
        _applies(_parsed(re.sub(r"[\d.]+", r"'\g<0>'", f"python_full_version {bound}"))) for bound in pythons.split(",")
    )


def _release(version: str) -> tuple[int, ...]:
    numbers = re.match(r"[\d.]+", version)
    if numbers is None or "*" in version:
        raise ValueError(f"no version to compare: {version}")
    found = [int(number) for number in numbers[0].split(".") if number]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def _fail(words: str) -> NoReturn:
    print(f"error: {words}", file=sys.stderr)
    sys.exit(FAILED)


def main(arguments: list[str]) -> None:
    what, rest = arguments[0], arguments[1:]
    if what == "missing":
        print(*missing(*map(Path, rest)), sep="\n", end="")
        return
    LAB.mkdir(exist_ok=True)
    with (LAB / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if what == "environment":
            environment(Path(rest[0]), Path(rest[1]), rest[2])
        elif what == "uv":
            run_uv(rest)
        else:
            go(rest[0], rest[1], Path(rest[2]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        _fail(f"nothing can be installed ({error}): make {LAB} a folder that can be written, with some GB of room")
    except subprocess.CalledProcessError as error:
        _fail(f"{error}: see its words above, and type the same again")
