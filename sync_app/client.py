"""The Elasticsearch client."""

from __future__ import annotations

from elasticsearch import Elasticsearch

from shared.settings import Settings
from sync_app.node import node_class


def new_client(settings: Settings) -> Elasticsearch:
    return Elasticsearch(
        settings.es_url,
        **settings.es_access,
        node_class=node_class(settings.es_connect_timeout_s),
        connections_per_node=settings.es_pool_size,
        request_timeout=settings.es_timeout_s,
        max_retries=0,
        retry_on_timeout=False,
    )
