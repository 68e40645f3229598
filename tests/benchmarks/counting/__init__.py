"""On the path of the processes that `tests.benchmarks.calls` starts."""
