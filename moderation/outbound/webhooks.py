"""Delivery of one message to one webhook, signed as Standard Webhooks has it."""

import ipaddress
import json
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook as Signer

from moderation.core.errors import BadInput, Problem

TIMEOUT_SECONDS = 10.0


class DeliveryFailed(Exception):
    """The receiver could not be reached, or did not answer with 2xx; says which."""


class WebhookSender:
    """Posts messages.

    allow_private  whether receivers on loopback and private networks are taken: for tests and development, since a webhook
                   could otherwise make this service call its own neighbours
    """

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)

    def check(self, url: str) -> None:
        """Raises BadInput for a URL that nothing will be sent to."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not host or not url.isprintable():
            raise BadInput([Problem("url", "is not an http or https URL", "give one such as https://example.org/hook")])
        if parts.scheme == "http" and not self.allow_private:
            raise BadInput([Problem("url", "is not encrypted", "use https")])
        if not self.allow_private and (private := _private_address(host)):
            fix = "use a public host, or set MODERATION_ALLOW_PRIVATE_HOSTS=1 in development"
            raise BadInput([Problem("url", f"leads to the private address {private}", fix)])

    def send(self, url: str, secret: str, id: str, content: Mapping[str, Any], now: datetime) -> None:
        """Sends a message, signed with the secret, under an id that is the same on every try. Raises DeliveryFailed."""
        body = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        headers = {
            "content-type": "application/json",
            "user-agent": "moderation-webhooks/1",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Signer(secret).sign(id, now, body),
        }
        try:
            self.check(url)  # again: a name may lead elsewhere than when it was added
            # Only the head of the answer is waited for: what a receiver adds to it, it may add for ever.
            with self._client.stream("POST", url, content=body, headers=headers) as answer:
                pass
        except BadInput as error:
            raise DeliveryFailed(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise DeliveryFailed(f"{type(error).__name__}: {error}") from error
        if not answer.is_success:
            raise DeliveryFailed(f"answered {answer.status_code}")

    def close(self) -> None:
        self._client.close()


def _private_address(host: str) -> str | None:
    """The first address of the host that is not public; None if all are, or the name is unknown (delivery will tell)."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return None
    for entry in found:
        address = ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
        if not address.is_global:
            return str(address)
    return None
