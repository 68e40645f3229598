"""A checkout and a Python that may be broken: copies, on a PATH and with a home of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.checkout import PROJECT
from tests.install import wheels

TOOLS = ("make", "bash", "sh", "touch", "rm")
PRECIOUS = "precious"
MAKE_WITHIN_S = 120


@dataclass(frozen=True)
class Machine:
    """What is on it: `python` with a package that must stay, `wheels` to install, a `checkout`, an empty `home`."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "python"

    @property
    def wheels(self) -> Path:
        return self.root / "home" / "wheels"

    @property
    def checkout(self) -> Path:
        return self.root / "checkout"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def elsewhere(self) -> Path:
        """Where nothing may be installed."""
        return self.root / "elsewhere"

    @property
    def uv(self) -> Path:
        return self.checkout / ".lab" / "uv" / "bin" / "uv"

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(root=self.root))
        return file

    def make(self, target: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """`{root}` in a variable's value stands for the folder of all this."""
        given = {name: value.format(root=self.root) for name, value in environ.items()}
        base = {
            "PATH": f"{self.root / 'tools'}:{self.python / 'bin'}", "HOME": str(self.home), "LANG": "C.UTF-8",
            "TMPDIR": str(self.root),
        }  # fmt: skip
        return subprocess.run(
            ["make", target], cwd=self.checkout, env=base | given, capture_output=True, text=True, timeout=MAKE_WITHIN_S
        )

    def outside(self) -> set[str]:
        """All files but those of the checkout's `.lab`, of caches and of running programs."""
        return {
            str(file.relative_to(self.root))
            for folder in (self.python, self.checkout, self.elsewhere, self.home)
            for file in folder.rglob("*")
            if not {".lab", ".cache", "__pycache__"} & {*file.relative_to(self.root).parts}
        }

    def has(self, folder: str, module: str) -> bool:
        """Whether an environment's own interpreter imports the module."""
        python = self.checkout / ".lab" / folder / "bin" / "python"
        return subprocess.run([python, "-I", "-c", f"import {module}"], capture_output=True).returncode == 0


def copied(root: Path) -> Machine:
    """A machine in this folder, with a uv on its PATH."""
    machine = Machine(root)
    _copy_python(machine.python)
    tools = root / "tools"
    tools.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    (tools / "uv").symlink_to(real_uv())
    machine.wheels.mkdir(parents=True)
    machine.elsewhere.mkdir()
    tiny = wheels.write(machine.wheels, "tiny", "1.0")
    requirements = machine.checkout / "requirements"
    requirements.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, machine.checkout)
    for name in ("install.py", "uv.txt"):
        if (PROJECT / "requirements" / name).exists():
            shutil.copy(PROJECT / "requirements" / name, requirements)
    (requirements / "tiny.txt").write_text(
        f"absent==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{'0' * 64}\n{wheels.locked(tiny)}"
    )
    return machine


def real_uv() -> Path:
    """The one that made the environment that tests run in."""
    own = PROJECT / ".lab" / "uv" / "bin" / "uv"
    found = own if own.exists() else shutil.which("uv")
    assert found
    return Path(found)


def without_uv(machine: Machine) -> str:
    """Takes uv from the PATH, and puts it among the wheels, locked. Returns its version."""
    (machine.root / "tools" / "uv").unlink()
    uv = real_uv()
    version = subprocess.run([uv, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    wheel = wheels.write(machine.wheels, "uv", version, script=uv)
    (machine.checkout / "requirements" / "uv.txt").write_text(wheels.locked(wheel))
    return version


def _copy_python(prefix: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    standard = Path(sysconfig.get_path("stdlib"))
    unneeded = shutil.ignore_patterns(
        "site-packages", "dist-packages", "test", "tests", "__pycache__", "config-*", "*.a"
    )
    shutil.copytree(standard, prefix / "lib" / version, ignore=unneeded)
    (prefix / "bin").mkdir()
    shutil.copy(os.path.realpath(sys.executable), prefix / "bin" / version)
    for name in ("python3", "python"):
        (prefix / "bin" / name).symlink_to(version)
    packages = prefix / "lib" / version / "site-packages"
    packages.mkdir()
    wheels.unpack(packages, PRECIOUS)
