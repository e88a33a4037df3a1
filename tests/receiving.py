"""A receiver of webhooks on this machine, which keeps what it was sent and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook as Signer


@dataclass
class Receiver:
    """What was received: headers in lower case and body, in order. `statuses` are answered in turn, then 200."""

    url: str
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def verified(self, secret: str) -> list[Any]:
        """The bodies, each checked as a receiver does, of messages with different ids."""
        signer = Signer(secret)
        unique = {headers["webhook-id"]: (headers, body) for headers, body in self.received}
        return [signer.verify(body, headers) for headers, body in unique.values()]


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = got.statuses.pop(0) if got.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("location", got.url)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        got = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield got
        finally:
            server.shutdown()
            thread.join()
