"""The harness: it starts a backend and a twin, puts Locust's load on it, and writes down what happened."""
