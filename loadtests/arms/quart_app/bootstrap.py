"""Bootstrap's files from the package Bootstrap-Flask, whose own blueprint and functions are for Flask alone."""

from __future__ import annotations

from pathlib import Path

import flask_bootstrap
from markupsafe import Markup
from quart import Blueprint, Quart, url_for

_FILES = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
_LINK = Markup('<link rel="stylesheet" href="{}">')


class Bootstrap5:
    """What templates call `bootstrap`."""

    def __init__(self, app: Quart) -> None:
        static_url = f"/bootstrap{app.static_url_path}"
        app.register_blueprint(Blueprint("bootstrap", __name__, static_folder=_FILES, static_url_path=static_url))
        app.jinja_env.globals["bootstrap"] = self

    def load_css(self) -> Markup:
        return _LINK.format(url_for("bootstrap.static", filename="css/bootstrap.min.css"))
