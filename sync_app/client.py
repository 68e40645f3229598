"""The Elasticsearch client."""

from __future__ import annotations

from elasticsearch import Elasticsearch
from elasticsearch.serializer import NdjsonSerializer, Serializer

from shared.settings import Json, Settings
from sync_app.node import node_class


def new_client(settings: Settings) -> Elasticsearch:
    return Elasticsearch(
        settings.es_url,
        **settings.es_access,
        node_class=node_class(settings),
        serializers=serializers(settings.es_json),
        http_compress=settings.es_compress,
        connections_per_node=settings.es_pool_size,
        request_timeout=settings.es_timeout_s,
        max_retries=0,
        retry_on_timeout=False,
    )


def serializers(library: Json) -> dict[str, Serializer]:
    """Those that take the place of the client's own. The client also takes them for its compatibility media types."""
    if library == "standard":
        return {}
    from elasticsearch.serializer import OrjsonSerializer

    class OrjsonNdjsonSerializer(NdjsonSerializer, OrjsonSerializer):
        """For the lines of an msearch."""

    return {one.mimetype: one() for one in (OrjsonSerializer, OrjsonNdjsonSerializer)}
