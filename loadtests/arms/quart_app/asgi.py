"""Quart, where it differs from Flask in what a client sees: `Quart` here stands in for `quart.Quart`.

- bytes of a query that are no UTF-8 are replaced, as in Flask 2; today's Werkzeug leaves them percent-encoded;
- a response without content has no headers that describe one, which Werkzeug removes for WSGI servers alone;
- browsers ask again for static files, as Flask has it, and a form has no limit but the body's.
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import parse_qsl

import quart
from quart import Request, Response
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.http import remove_entity_headers


class _Request(Request):
    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        return ImmutableMultiDict(parse_qsl(self.query_string.decode(errors="replace"), keep_blank_values=True))


class Quart(quart.Quart):
    request_class = _Request
    default_config = quart.Quart.default_config | {"SEND_FILE_MAX_AGE_DEFAULT": 0, "MAX_FORM_MEMORY_SIZE": None}

    async def process_response(self, response: Response, *context: object) -> Response:
        response = await super().process_response(response, *context)
        if response.status_code == 204:
            response.headers.remove("Content-Length")
        elif response.status_code == 304:
            remove_entity_headers(response.headers)
        return response
