"""The measured window's requests, out of the files that the generator's processes recorded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loadtests.errors import InvalidRunError
from loadtests.plan import Window


def merge(folder: Path, window: Window, processes: int = 1) -> pa.Table:
    """The raw requests that start in the window, in order, with `start_s` counted from the window's begin.

    Raises InvalidRunError when there are fewer or more files than generator processes.
    """
    files = sorted(folder.glob("*.parquet"))
    if len(files) != processes:
        raise InvalidRunError(f"{processes} generator processes left {len(files)} files of records")
    starts_within = (pc.field("start_s") >= window.begin_s) & (pc.field("start_s") < window.end_s)
    requests = pa.concat_tables([pq.read_table(file, filters=starts_within) for file in files], promote_options="none")
    return _since(requests.unify_dictionaries().sort_by("start_s"), window.begin_s)


def _since(requests: pa.Table, begin_s: float) -> pa.Table:
    column = requests.schema.get_field_index("start_s")
    return requests.set_column(column, "start_s", pc.subtract(requests["start_s"], begin_s))
