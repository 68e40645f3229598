"""The measured window's requests, from the files that the generator's processes recorded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loadtests.errors import InvalidRunError
from loadtests.load.plan import Window


def merge(folder: Path, window: Window, processes: int = 1) -> pa.Table:
    """The raw requests that were under way in the window, in order, with times from the window's begin.

    Raises InvalidRunError when there are fewer or more files than generator processes.
    """
    files = sorted(folder.glob("*.parquet"))
    if len(files) != processes:
        raise InvalidRunError(f"{processes} generator processes left {len(files)} files of records")
    start_s = pc.field("start_s")
    end_s = start_s + pc.field("service_time_ms") / 1000.0
    under_way = (start_s < window.end_s) & ((start_s >= window.begin_s) | (end_s > window.begin_s))
    return read(files, window.begin_s, under_way)


def read(files: Iterable[Path], begin_s: float, which: pc.Expression | None = None) -> pa.Table:
    """The requests of these files that match the expression (all without one), in the order of their starts."""
    requests = pa.concat_tables([pq.read_table(file, filters=which) for file in files], promote_options="none")
    return since(requests.unify_dictionaries().sort_by("start_s"), begin_s)


def since(requests: pa.Table, begin_s: float) -> pa.Table:
    """The same requests, with times from `begin_s`."""
    for name in ("intended_s", "start_s"):
        column = requests.schema.get_field_index(name)
        requests = requests.set_column(column, name, pc.subtract(requests[name], begin_s))
    return requests
