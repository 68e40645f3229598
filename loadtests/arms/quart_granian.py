"""Quart under Granian, which reads requests outside of Python."""

from loadtests.arms.quart_app import TWIN
from loadtests.arms.server import serve_granian

if __name__ == "__main__":
    serve_granian("loadtests.arms.quart_app.logged:create_app", "asgi", TWIN)
