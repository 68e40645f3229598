"""The async client, made at import and first asked in a request. Served by a command, as in `demonstrate.py`."""

import os

from aioflask import Flask
from elasticsearch import AsyncElasticsearch

app = Flask(__name__)
client = AsyncElasticsearch(os.environ.get("ES_URL", "http://127.0.0.1:9200"))


@app.get("/echo/<word>")  # type: ignore[type-var]  # Flask's types know no coroutine functions as views
async def echo(word: str) -> dict[str, str]:
    response = await client.indices.analyze(text=word)
    return {"word": response["tokens"][0]["token"]}
