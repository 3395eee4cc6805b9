"""A model server that thinks nothing: it gives every chat completion the same answer at once, so that clients show.

python quick_server.py REPLY    prints its port, and serves until it is stopped
"""

import asyncio
import json
import sys


def response(reply: str) -> bytes:
    """A whole HTTP answer that holds ``reply`` as the only choice."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply}}
    answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "quick", "choices": [choice]}
    body = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def serve(reply: str) -> None:
    answer = response(reply)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
