"""The contenders: server configurations to put under load, as `contenders.toml` lists them."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from loadtests.access import OPEN, Access
from loadtests.environment import OURS
from loadtests.errors import LabError, refusal
from loadtests.load.workloads import WORKLOADS
from loadtests.resources.affinity import machine_cores

FILE = Path(__file__).with_name("contenders.toml")

Count = Annotated[int, Field(ge=1, le=1_000)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Contender:
    """One server configuration under test: `python -m APP` serves it, with settings from `LAB_…` variables.

    `threads` is None when requests do not wait in threads; `pool` counts each worker's connections to Elasticsearch;
    `workloads` is None when it offers all; `cores` is how many each worker may use, None when it may use all.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Annotated[str, Field(min_length=1)]
    app: Annotated[str, Field(pattern=r"^[\w.]+$")]
    server: Literal["gunicorn", "uvicorn", "python"]
    worker_class: Annotated[str | None, Field(pattern=r"^[\w.]+$")] = None
    workers: Count
    threads: Count | None = None
    pool: Count
    cores: Count | None = None
    environment: Mapping[Annotated[str, Field(pattern=r"^LAB_[A-Z_]+$")], str] = field(default_factory=dict)
    workloads: Annotated[tuple[str, ...] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.worker_class is None) == (self.server == "gunicorn"):
            raise ValueError("worker_class is for gunicorn, which needs one, and for no other server")
        if taken := OURS & self.environment.keys():
            raise ValueError(f"environment: {', '.join(sorted(taken))}: the lab sets it")
        if unknown := set(self.workloads or ()) - WORKLOADS.keys():
            raise ValueError(f"workloads: {', '.join(sorted(unknown))}: give some of {', '.join(WORKLOADS)}")
        return self

    @property
    def slots(self) -> int:
        """The number of requests that can wait for Elasticsearch at once: one for each thread, or else for each
        connection."""
        return self.workers * (self.threads or self.pool)

    def check_offers(self, workload: str) -> None:
        """Raises LabError when this contender does not offer the workload."""
        if self.workloads is not None and workload not in self.workloads:
            raise LabError(
                f"WORKLOAD={workload}: the contender {self.name} offers no more than {', '.join(self.workloads)}: "
                f"give WORKLOAD={self.workloads[0]}, or another contender"
            )

    def check_cores(self, given: Collection[int] | None = None) -> None:
        """Raises LabError where this machine can't give each worker its cores, of those that services are `given`."""
        if self.cores is None:
            return
        if sys.platform != "linux":
            raise LabError(
                f"the contender {self.name} has cores = {self.cores}, and only Linux lets the lab choose cores: take "
                "another contender, or measure on Linux"
            )
        available = len(machine_cores() if given is None else given)
        if self.cores > available:
            raise LabError(
                f"the contender {self.name} has cores = {self.cores}, and this machine has {available} for it: give "
                f"fewer in {FILE.name}, or none for all"
            )

    @property
    def command(self) -> list[str]:
        options = ["--worker-class", self.worker_class] if self.worker_class else []
        return [sys.executable, "-m", self.app, *options]

    def environ(self, es_url: str, access: Access = OPEN) -> dict[str, str]:
        """All of its settings except its address."""
        threads = {"LAB_THREADS": str(self.threads)} if self.threads else {}
        sizes = {"LAB_WORKERS": str(self.workers), "LAB_ES_POOL_SIZE": str(self.pool)}
        return {**self.environment, **threads, **sizes, "LAB_ES_URL": es_url, **access.of_twin}


_Contenders = TypeAdapter(dict[str, Contender])


def named(name: str) -> Contender:
    """The contender of this name. Raises LabError, which names all contenders, for an unknown name."""
    contenders = read(FILE)
    if name not in contenders:
        raise LabError(f"there is no contender {name!r}: {FILE.name} has {', '.join(contenders)}")
    return contenders[name]


def read(file: Path) -> dict[str, Contender]:
    """All contenders by name, in the file's order. Raises LabError, which names each error in the file."""
    try:
        return _Contenders.validate_python(_with_names(tomllib.loads(file.read_text(encoding="utf-8"))))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LabError(f"{file} can't be read: {error}") from error
    except ValidationError as error:
        raise LabError(f"{file}: {'; '.join(_faults(error))}") from error


def _with_names(tables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {**table, "name": name} if isinstance(table, dict) else table for name, table in tables.items()}


def _faults(error: ValidationError) -> Iterator[str]:
    return (f"{'.'.join(map(str, fault['loc']))}: {refusal(fault['msg'])}" for fault in error.errors())
