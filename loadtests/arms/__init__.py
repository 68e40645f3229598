"""Control arms: the twins' parts put together otherwise. Each is served by `python -m loadtests.arms.NAME`."""
