"""The ASGI twin: aioflask and the asynchronous Elasticsearch client, under uvicorn."""

from shared.settings import Twin

TWIN: Twin = "async"
