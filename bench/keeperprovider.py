"""`python -m bench.keeperprovider`: a provider that says yes, as fast as it can. Prints its address."""

import asyncio
import itertools

_numbers = itertools.count(1)


class _Yes(asyncio.Protocol):
    """Answers each request with new tokens, whatever it says."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, body = self._buffer.partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            if len(body) < length:
                return
            self._buffer = body[length:]
            assert isinstance(self._transport, asyncio.Transport)
            self._transport.write(_answer(next(_numbers)))


def _answer(number: int) -> bytes:
    body = (
        b'{"access_token":"%s%012d","token_type":"Bearer","expires_in":864000,'
        b'"refresh_token":"rt-%064d"}' % (b"x" * 688, number, number)
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Yes, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
