"""The connection pool to Elasticsearch, with a time limit for connecting.

The client knows one time limit only, for a whole request; urllib3 beneath it knows one for connecting too.
"""

from __future__ import annotations

from typing import Any

from elastic_transport import HttpHeaders, Urllib3HttpNode
from urllib3 import Timeout


def node_class(connect_timeout_s: float) -> type[Urllib3HttpNode]:
    """The kind of node that an Elasticsearch client is to use."""

    class Node(Urllib3HttpNode):
        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> Any:
            limits: Any = Timeout(connect=connect_timeout_s, read=request_timeout)
            return super().perform_request(method, target, body, headers, limits)

    return Node
