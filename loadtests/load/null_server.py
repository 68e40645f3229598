"""A server that does no work: the generator's rate against it is the generator's own ceiling.

`python -m loadtests.load.null_server PORT`
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
_END_OF_HEAD = b"\r\n\r\n"


class Null(asyncio.Protocol):
    """Responds to every request without a body, whatever its path."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        *heads, self._read = (self._read + data).split(_END_OF_HEAD)
        self._transport.write(_ANSWER * len(heads))


async def serve(port: int) -> None:
    """Serve on the loopback interface, until cancelled."""
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
