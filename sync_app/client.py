"""The Elasticsearch client: one per worker process, opened after the fork and closed when the worker stops."""

from __future__ import annotations

from elasticsearch import Elasticsearch
from flask import Flask

from shared.settings import Settings
from sync_app.node import node_class


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["settings"] = settings


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


def open_client(app: Flask) -> None:
    app.extensions["elasticsearch"] = new_client(app.extensions["settings"])


def close_client(app: Flask) -> None:
    app.extensions.pop("elasticsearch").close()
