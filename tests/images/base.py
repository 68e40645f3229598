"""A stand-in for the images' base, made without a registry of images: Debian with its Python, at the same place."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.compose.files import DOCKERFILES
from tests.images.buildah import Buildah

PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
PROGRAMS = {"python": "python3", "python3": "python3", "pip": "pip3"}
"""Those of /usr/local/bin, by what they are in Debian's /usr/bin."""
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
TRUSTED = Path("etc/ssl/certs/ca-certificates.crt")


def provide(buildah: Buildah) -> None:
    """Have an image by the name on which the Dockerfiles build."""
    name, release = _wanted()
    if not buildah.has(name):
        root = buildah.storage / "base"
        shutil.rmtree(root, ignore_errors=True)
        _install(release, root)
        buildah.pack(root, name, PATH)
        shutil.rmtree(root)


def _wanted() -> tuple[str, str]:
    """The base's full name, and the release of Debian that it is of."""
    base = re.search(r"^FROM (\S+-slim-(\w+))", DOCKERFILES["sync"].read_text(), re.MULTILINE)
    assert base is not None
    return f"docker.io/library/{base[1]}", base[2]


def _install(release: str, root: Path) -> None:
    packages = f"--include={','.join(PACKAGES)}"
    subprocess.run(["debootstrap", "--variant=minbase", packages, release, root], check=True)
    subprocess.run(["chroot", root, "apt-get", "clean"], check=True)
    for name, program in PROGRAMS.items():
        (root / "usr/local/bin" / name).symlink_to(f"/usr/bin/{program}")
    if (Path("/") / TRUSTED).exists():
        shutil.copy(Path("/") / TRUSTED, root / TRUSTED)  # builds trust whom this machine trusts
