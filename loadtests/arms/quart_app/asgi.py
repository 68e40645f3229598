"""Quart, where it differs from Flask in what a client sees: `Quart` here stands in for `quart.Quart`.

- routes depend on the path alone: Quart has no answer to a host that is no name, or to a query of raw bytes;
- a response without content has no headers that describe one, which Werkzeug removes for WSGI servers alone;
- a body that does not come in time gets a 408, and its connection is closed;
- browsers ask again for static files, as Flask has it, and a form has no limit but the body's.
"""

from __future__ import annotations

import quart
from quart import Request, Response
from quart.routing import QuartMap
from werkzeug.http import remove_entity_headers
from werkzeug.routing import MapAdapter


class _Map(QuartMap):
    def bind_to_request(self, request: Request, *_host: object) -> MapAdapter:
        return self.bind("localhost", request.root_path, "", request.scheme, request.method, request.path)


class Quart(quart.Quart):
    url_map_class = _Map
    default_config = quart.Quart.default_config | {"SEND_FILE_MAX_AGE_DEFAULT": 0, "MAX_FORM_MEMORY_SIZE": None}

    async def process_response(self, response: Response, *context: object) -> Response:
        response = await super().process_response(response, *context)
        if response.status_code == 204:
            response.headers.remove("Content-Length")
        elif response.status_code == 304:
            remove_entity_headers(response.headers)
        elif response.status_code == 408:
            response.headers["Connection"] = "close"
        return response
