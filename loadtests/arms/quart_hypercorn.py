"""Quart under Hypercorn, the server that its authors recommend."""

from loadtests.arms.quart_app import TWIN
from loadtests.arms.server import serve_hypercorn

if __name__ == "__main__":
    serve_hypercorn("loadtests.arms.quart_app.logged:create_app()", TWIN)
