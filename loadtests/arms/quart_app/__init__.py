"""The async twin on Quart in place of aioflask. What waits for Elasticsearch is the twin's own code."""

from shared.settings import Twin

TWIN: Twin = "async"
