"""The WSGI twin: Flask and the Elasticsearch client, under gunicorn."""

from shared.settings import Twin

TWIN: Twin = "sync"
