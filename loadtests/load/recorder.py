"""Every request, recorded without loss by the generator process: in arrays, written out in large chunks."""

from __future__ import annotations

import math
import re
from array import array
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("endpoint", pa.dictionary(pa.int32(), pa.string())),
        ("method", pa.dictionary(pa.int32(), pa.string())),
        ("slice", pa.uint16()),
        ("intended_s", pa.float64()),
        ("start_s", pa.float64()),
        ("service_time_ms", pa.float64()),
        ("status", pa.uint16()),
        ("bytes", pa.uint64()),
        ("es_ms", pa.float64()),
        ("app_ms", pa.float64()),
        ("failure", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""One row for each request. `start_s` is of `time.perf_counter`, and so is `intended_s`, the moment at which the
open schedule wanted the request (in closed load, its start). `slice` numbers the stretches of load of a comparison,
0 elsewhere. `es_ms` and `app_ms` are the response's Server-Timing, null without one; `status` is 0 without a
response; `failure` is null for a correct response."""

CHUNK_ROWS = 5_000
"""Writing a chunk delays the generator by about 3 ms; four times the rows would delay it by 10 to 20."""

_ARRAY_CODES = ("", "", "H", "d", "d", "d", "H", "Q", "d", "d", "")
"""The types of `array.array`, column by column; texts are in lists."""
_durations = re.compile(r"(?:^|[,\s])(es|app);dur=([0-9.]+)").findall


class Record(NamedTuple):
    """A row of SCHEMA, with NaN in place of null for a missing time."""

    endpoint: str
    method: str
    slice: int
    intended_s: float
    start_s: float
    service_time_ms: float
    status: int
    size_bytes: int
    es_ms: float
    app_ms: float
    failure: str | None


class Recorder:
    """Writes one Parquet file; `count` is the number of requests recorded so far."""

    def __init__(self, path: Path, chunk_rows: int = CHUNK_ROWS) -> None:
        self.count = 0
        self._chunk_rows = chunk_rows
        self._writer = pq.ParquetWriter(path, SCHEMA)
        self._clear()
        self.flush()  # the first time takes 100 ms and more: not while requests are due

    def add(self, record: Record) -> None:
        for column, value in zip(self._columns, record, strict=True):
            column.append(value)
        self.count += 1
        if self.count % self._chunk_rows == 0:
            self.flush()

    def close(self) -> None:
        """Write what is left. The file can't be read before."""
        self.flush()
        self._writer.close()

    def flush(self) -> None:
        """Write the gathered rows."""
        self._writer.write_table(pa.table([_arrow(column) for column in self._columns], schema=SCHEMA))
        self._clear()

    def _clear(self) -> None:
        self._columns: list[Any] = [array(code) if code else [] for code in _ARRAY_CODES]


def server_timing_ms(header: str) -> dict[str, float]:
    """The times `es` and `app` of a Server-Timing header, by column; NaN for a time that it lacks."""
    times = dict(_durations(header))
    return {"es_ms": float(times.get("es", math.nan)), "app_ms": float(times.get("app", math.nan))}


def _arrow(column: Any) -> pa.Array:
    if isinstance(column, list):
        return pa.array(column, pa.string()).dictionary_encode()
    return pa.array(np.array(column), from_pandas=True)
