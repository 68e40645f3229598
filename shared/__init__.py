"""The domain that both twins serve: decisions without I/O, so that a twin only waits."""
