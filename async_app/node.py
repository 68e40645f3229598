"""The connection pool to Elasticsearch, as large as it is asked for, and with a time limit for connecting.

The client knows one time limit only, for a whole request; aiohttp beneath it knows one for connecting too.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from elastic_transport import AiohttpHttpNode


class _Session:
    """An aiohttp session that adds the time limit for connecting to that of each request."""

    def __init__(self, session: aiohttp.ClientSession, connect_timeout_s: float) -> None:
        self._session = session
        self._connect_timeout_s = connect_timeout_s
        self.close = session.close

    def request(self, method: str, url: str, *, timeout: aiohttp.ClientTimeout, **kwargs: Any) -> Any:
        timeout = aiohttp.ClientTimeout(total=timeout.total, sock_connect=self._connect_timeout_s)
        return self._session.request(method, url, timeout=timeout, **kwargs)


def node_class(connect_timeout_s: float) -> type[AiohttpHttpNode]:
    """The kind of node that an Elasticsearch client is to use."""

    class Node(AiohttpHttpNode):
        session: Any

        def _create_aiohttp_session(self) -> None:
            super()._create_aiohttp_session()
            self.session.connector._limit = 0  # aiohttp's for all hosts: 100, however many are asked for
            self.session = _Session(self.session, connect_timeout_s)

    return Node
