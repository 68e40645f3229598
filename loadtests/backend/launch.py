"""The configuration and the start of a node: its settings, its folders, its command line."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from loadtests import environment
from loadtests.backend.account import Account
from loadtests.backend.preflight import LOW_DISK_BYTES
from loadtests.backend.software import Software

PORT_MARK = "-Dtwinlab.http.port="
TMP_MARK = "-Djava.io.tmpdir="


@dataclass(frozen=True)
class Launch:
    """A node's folder (config, data, logs and tmp), port (None: not chosen yet) and heap."""

    folder: Path
    port: int | None
    heap: str

    @property
    def log(self) -> Path:
        """The node's output while it started; its later output is in the folder logs."""
        return self.folder / "start.log"

    @property
    def launcher_mark(self) -> str:
        """An argument that only this node's launcher has."""
        return f"-Epath.data={self.folder / 'data'}"

    @property
    def server_mark(self) -> str:
        """An argument that only this node's server has."""
        return f"{TMP_MARK}{self.folder / 'tmp'}"

    @property
    def name(self) -> str:
        """The name of the node, which tells it from another checkout's node on the same port."""
        return f"twinlab-{hashlib.sha256(bytes(self.folder)).hexdigest()[:16]}"

    @property
    def port_mark(self) -> str:
        """An argument that the server of any checkout's node on this port has."""
        return f"{PORT_MARK}{self.port}"

    @property
    def remembered_port(self) -> int | None:
        """The port of the node at its last start, until it is stopped."""
        if not self._elasticsearch_yml.exists():
            return None
        port: int = json.loads(self._elasticsearch_yml.read_text())["http.port"]
        return port

    def forget(self) -> None:
        """Let the next start choose a port anew."""
        self._elasticsearch_yml.unlink(missing_ok=True)

    def is_configured(self) -> bool:
        """Whether the settings in the folder equal these."""
        config = self.folder / "config"
        return all((config / name).read_text(encoding="utf-8") == text for name, text in self._settings().items())

    def run(self, software: Software, account: Account | None) -> subprocess.Popen[bytes]:
        """Start the launcher, which starts the server in the background and ends when that is up or has failed."""
        self._prepare(software.elasticsearch)
        with self.log.open("wb") as log:
            if account is not None:
                account.own(self.folder)
            return subprocess.Popen(
                ["bash", software.elasticsearch / "bin" / "elasticsearch", "-d", self.launcher_mark],
                cwd=self.folder,
                env=self._environment(software.java),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    @property
    def _elasticsearch_yml(self) -> Path:
        return self.folder / "config" / "elasticsearch.yml"

    def _prepare(self, distribution: Path) -> None:
        config = self.folder / "config"
        for leftover in (config, self.folder / "tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        for name in ("config", "data", "logs", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.copy(distribution / "config" / "log4j2.properties", config)
        for name, text in self._settings().items():
            (config / name).write_text(text, encoding="utf-8")

    def _environment(self, java: Path) -> dict[str, str]:
        return {
            "ES_JAVA_HOME": str(java),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_TMPDIR": str(self.folder / "tmp"),
            **environment.bare(),
        }

    def _settings(self) -> dict[str, str]:
        """Files by name. The Java options replace the distribution's, which require a module that our Java lacks."""
        watermark = "cluster.routing.allocation.disk.watermark"
        elasticsearch = {
            "cluster.name": "twinlab",
            "node.name": self.name,
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": 0,
            "path.logs": str(self.folder / "logs"),
            "xpack.security.enabled": False,
            f"{watermark}.low": f"{LOW_DISK_BYTES}b",
            f"{watermark}.high": f"{LOW_DISK_BYTES // 2}b",
            f"{watermark}.flood_stage": f"{LOW_DISK_BYTES // 4}b",
        }
        heap = (f"-Xms{self.heap}", f"-Xmx{self.heap}")
        java = (*heap, "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", self.server_mark, self.port_mark)
        return {"elasticsearch.yml": json.dumps(elasticsearch, indent=1), "jvm.options": "\n".join(java)}
