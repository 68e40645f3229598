"""The harness: it starts a backend and a twin, loads the twin with Locust, and records the results."""
