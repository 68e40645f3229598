"""The Elasticsearch client: one per worker process and event loop, opened in its lifespan and closed there."""

from __future__ import annotations

from elasticsearch import AsyncElasticsearch

from async_app.asgi import Flask
from async_app.node import node_class
from shared.settings import Settings


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings
    app.on_startup.append(open_client)
    app.on_shutdown.append(close_client)


def new_client(settings: Settings) -> AsyncElasticsearch:
    return AsyncElasticsearch(
        settings.es_url,
        **settings.es_access,
        node_class=node_class(settings.es_connect_timeout_s),
        connections_per_node=settings.es_pool_size,
        request_timeout=settings.es_timeout_s,
        max_retries=0,
        retry_on_timeout=False,
    )


async def open_client(app: Flask) -> None:
    app.extensions["elasticsearch"] = new_client(app.extensions["settings"])


async def close_client(app: Flask) -> None:
    await app.extensions.pop("elasticsearch").close()
