"""Wheels made on the spot, so that the installers need no registry."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile, ZipInfo


def write(folder: Path, name: str, version: str, script: Path | None = None) -> Path:
    """A wheel of one module, and of a program where one is given."""
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    files = {
        f"{name}.py": b"",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{name}-{version}.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{name}-{version}.data/scripts/{name}"] = script.read_bytes()
    record = f"{name}-{version}.dist-info/RECORD"
    files[record] = "".join(f"{file},,\n" for file in [*files, record]).encode()
    with ZipFile(wheel, "w") as archive:
        for file, content in files.items():
            entry = ZipInfo(file)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return wheel


def locked(wheel: Path) -> str:
    """Its line in a lock."""
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} \\\n    --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"


def unpack(packages: Path, name: str) -> None:
    """A package that is installed, among others."""
    wheel = write(packages, name, "1.0")
    with ZipFile(wheel) as archive:
        archive.extractall(packages)
    wheel.unlink()
    (packages / f"{name}-1.0.dist-info" / "INSTALLER").write_text("pip\n")
