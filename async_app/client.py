"""The Elasticsearch client."""

from __future__ import annotations

from elasticsearch import AsyncElasticsearch

from async_app.node import node_class
from shared.settings import Settings


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
