"""Installers touch `.lab` alone, whatever the user's environment says, and still fetch from where the user fetches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker

from loadtests.checkout import PROJECT
from requirements import install
from tests.install.machine import Machine, copied, without_uv

READY = ".lab/envs/tiny/.ready"
SOURCES = {
    "UV_FIND_LINKS": "{root}/home/wheels",
    "UV_OFFLINE": "1",
    "PIP_FIND_LINKS": "{root}/home/wheels",
    "PIP_NO_INDEX": "1",
}
OF_UV = {
    "UV_SYSTEM_PYTHON": "1",
    "UV_BREAK_SYSTEM_PACKAGES": "1",
    "UV_PYTHON": "{root}/python/bin/python3",
    "UV_PROJECT_ENVIRONMENT": "{root}/elsewhere/env",
    "UV_PROJECT": "{root}/elsewhere",
    "UV_WORKING_DIR": "{root}/elsewhere",
    "UV_TARGET": "{root}/elsewhere",
    "UV_PREFIX": "{root}/elsewhere",
    "UV_VENV_SEED": "1",
    "UV_VENV_RELOCATABLE": "1",
    "UV_CONSTRAINT": "{root}/home/constraints.txt",
    "UV_EXCLUDE_NEWER": "2001-01-01T00:00:00Z",
    "UV_NO_BINARY": "1",
    "UV_CONFIG_FILE": "{root}/home/system.toml",
    "UV_PYTHON_INSTALL_DIR": "{root}/elsewhere",
    "VIRTUAL_ENV": "{root}/python",
    "CONDA_PREFIX": "{root}/python",
    "CONDA_DEFAULT_ENV": "base",
    "PYTHONPATH": "{root}/home/shadows",
    "PYTHONHOME": "{root}/elsewhere",
    "PYTHONUSERBASE": "{root}/elsewhere",
    "PYTHONPLATLIBDIR": "lib64",
    "PYTHONSAFEPATH": "1",
    "PYTHONOPTIMIZE": "2",
}
OF_PIP = {
    "PIP_USER": "1",
    "PIP_TARGET": "{root}/elsewhere",
    "PIP_PREFIX": "{root}/elsewhere",
    "PIP_ROOT": "{root}/elsewhere",
    "PIP_PYTHON": "{root}/python/bin/python3",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_DEPS": "1",
    "PIP_DRY_RUN": "1",
    "PIP_CONSTRAINT": "{root}/home/constraints.txt",
    "PIP_NO_BINARY": ":all:",
    "PIP_BREAK_SYSTEM_PACKAGES": "1",
    "PIP_QUIET": "3",
    "PIP_REPORT": "{root}/elsewhere/report.json",
    "PIP_LOG": "{root}/elsewhere/pip.log",
}
PIP_CONF = """[global]
find-links =
    {root}/home/nowhere
    {root}/home/wheels
no-index = true
user = true
log = {root}/elsewhere/pip.log
quiet = 3
[install]
target = {root}/elsewhere
"""
UV_TOML = """no-index = true
find-links = ["../../wheels"]
exclude-newer = "2001-01-01T00:00:00Z"
[pip]
system = true
break-system-packages = true
target = "{root}/elsewhere"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = copied(tmp_path)
    machine.write("home/constraints.txt", "tiny==2.0\nuv==0.0.1\n")
    machine.write("home/system.toml", '[pip]\nsystem = true\ntarget = "{root}/elsewhere"\n')
    for name in ("json", "sysconfig", "venv"):
        machine.write(f"home/shadows/{name}.py", "raise SystemExit('the wrong module')\n")
    return machine


def check(machine: Machine, environ: dict[str, str]) -> None:
    before = machine.outside()
    made = machine.make(READY, environ)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert machine.outside() == before
    assert (machine.checkout / READY).exists()
    assert machine.has("envs/tiny", "tiny")


def test_uv_touches_the_labs_folder_alone(machine: Machine) -> None:
    check(machine, SOURCES | OF_UV)


def test_the_users_configuration_of_uv_says_only_where_packages_come_from(machine: Machine) -> None:
    machine.write("home/.config/uv/uv.toml", UV_TOML)
    check(machine, {})


@pytest.mark.robustness
def test_pip_touches_the_labs_folder_alone_and_makes_anew_what_is_no_uv(machine: Machine) -> None:
    version = without_uv(machine)
    machine.write("home/.config/pip/pip.conf", PIP_CONF)
    machine.write("checkout/.lab/uv/bin/uv", "").chmod(0o755)
    check(machine, OF_PIP | {name: value for name, value in SOURCES.items() if not name.startswith("PIP_")})
    assert subprocess.run([machine.uv, "--version"], capture_output=True, text=True).stdout.split()[1] == version


@pytest.mark.robustness
@pytest.mark.parametrize("name", OF_UV)
def test_a_variable_alone_does_not_mislead_uv(machine: Machine, name: str) -> None:
    check(machine, SOURCES | {name: OF_UV[name]})


@pytest.mark.robustness
@pytest.mark.parametrize("name", OF_PIP)
def test_a_variable_alone_does_not_mislead_pip(machine: Machine, name: str) -> None:
    without_uv(machine)
    check(machine, SOURCES | {name: OF_PIP[name]})


@pytest.mark.robustness
@pytest.mark.parametrize("half", ["truncated", "a folder", "a link to nowhere", "another version", "no python"])
def test_a_half_made_uv_is_made_anew(machine: Machine, half: str) -> None:
    without_uv(machine)
    check(machine, SOURCES)
    if half == "no python":
        (machine.uv.parent / "python").unlink()
    content = machine.uv.read_bytes()
    machine.uv.unlink()
    if half == "truncated":
        machine.uv.write_bytes(content[: len(content) // 2])
        machine.uv.chmod(0o755)
    elif half == "a folder":
        machine.uv.mkdir()
    elif half == "a link to nowhere":
        machine.uv.symlink_to("nowhere")
    elif half == "another version":
        machine.uv.write_text("#!/bin/sh\necho uv 0.0.1\n")
        machine.uv.chmod(0o755)
    (machine.checkout / READY).unlink()
    check(machine, SOURCES)


def test_an_environment_is_ready_when_its_interpreter_says_that_it_holds_its_lock(machine: Machine) -> None:
    check(machine, SOURCES)
    (module,) = (machine.checkout / ".lab/envs/tiny").rglob("tiny.py")
    module.unlink()
    assert not machine.has("envs/tiny", "tiny")
    (machine.checkout / READY).unlink()
    check(machine, SOURCES)  # though uv takes what is there for installed
    (machine.checkout / READY).unlink()
    with (machine.checkout / "requirements" / "tiny.txt").open("a") as lock:
        lock.write(f"other==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    assert machine.make(READY, SOURCES).returncode != 0
    assert not (machine.checkout / READY).exists()


def test_where_nothing_can_be_written_it_ends_in_words_and_not_with_a_regressions_exit_code(machine: Machine) -> None:
    (machine.checkout / ".lab").write_text("a file in the place of the folder")
    done = machine.make(READY, SOURCES)
    assert "error: nothing can be installed (" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Error 4" in done.stderr


def test_an_environment_that_leads_elsewhere_is_made_anew_and_not_followed(machine: Machine) -> None:
    environment = machine.checkout / READY.removesuffix("/.ready")
    environment.parent.mkdir(parents=True, exist_ok=True)
    environment.symlink_to(machine.python)
    check(machine, SOURCES)
    assert not environment.is_symlink()


@pytest.mark.robustness
def test_a_uv_on_the_path_that_is_too_old_is_not_used(machine: Machine) -> None:
    without_uv(machine)
    machine.write("tools/uv", "#!/bin/sh\necho uv 0.4.30\n").chmod(0o755)
    check(machine, SOURCES)
    assert machine.uv.exists()


def test_the_check_knows_what_is_missing() -> None:
    folder = Path(sys.prefix)
    lock = PROJECT / "requirements" / "dev.txt"
    assert [*install.missing(lock, folder)] == []
    client = PROJECT / "requirements" / "pitfalls-client-7.txt"
    assert "elasticsearch==7.14.2" in "\n".join(install.missing(client, folder))
    assert [*install.missing(lock, PROJECT)] == [f"{sys.executable} is no interpreter of {PROJECT}"]


@pytest.mark.parametrize(
    "marker",
    [
        "python_full_version >= '3.11'", "python_full_version < '3.11.0'", "'3.12' > python_version", "os_name != 'nt'",
        "python_version == '3.11' or python_version == '3.12' or python_version >= '3.13'", "sys_platform == 'win32'",
        "platform_machine in 'x86_64 aarch64 arm64'", "platform_machine not in 'x86_64 aarch64 arm64'",
        "implementation_name == 'pypy' or (platform_python_implementation == 'CPython' and sys_platform == 'win32')",
        "(os_name == 'posix' and implementation_name == 'cpython') and platform_system != 'Windows'",
    ],
)  # fmt: skip
def test_markers_are_read_as_packaging_reads_them(marker: str) -> None:
    assert install._applies(install._parsed(marker)) is Marker(marker).evaluate()


@pytest.mark.parametrize("marker", ["python_version ~= '3.11'", "python_version == '3.*'", "extra == 'x'", "1"])
def test_a_marker_that_is_not_understood_is_no_guess(marker: str) -> None:
    with pytest.raises((ValueError, SyntaxError, KeyError)):
        install._applies(install._parsed(marker))
