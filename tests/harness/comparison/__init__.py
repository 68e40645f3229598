"""The comparison of two contenders: what is decided, foretold and searched from plain figures."""
