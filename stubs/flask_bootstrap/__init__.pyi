# Bootstrap-Flask ships no types.
import flask

class Bootstrap5:
    def __init__(self, app: flask.Flask | None = None) -> None: ...
