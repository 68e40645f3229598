"""The domain that both twins serve: decisions without I/O, so that a twin is left with nothing to do but wait."""
