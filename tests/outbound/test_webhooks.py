"""Which URLs messages are sent to."""

import pytest

from moderation.core.errors import BadInput
from moderation.outbound.webhooks import WebhookSender


def refused(url: str, *, allow_private: bool) -> str | None:
    """Why nothing is sent there; None if something is."""
    sender = WebhookSender(allow_private=allow_private)
    try:
        sender.check(url)
    except BadInput as error:
        [problem] = error.problems
        assert problem.field == "url" and problem.fix
        return problem.reason
    finally:
        sender.close()
    return None


NO_URLS = ["", "ftp://example.org", "example.org", "http://", "http://[", "http://a:99999/", "https://a\nb/",
           "https://\ud800/", "file:///etc/passwd"]  # fmt: skip


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_url_is_refused(url: str) -> None:
    assert refused(url, allow_private=True) == "is not an http or https URL"


PRIVATE = ["https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/",
           "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "https://192.168.1.1:8443/"]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_private_hosts_are_refused_unless_allowed(url: str) -> None:
    assert "private address" in (refused(url, allow_private=False) or "")
    assert refused(url, allow_private=True) is None


def test_plain_http_is_refused_unless_private_hosts_are_allowed() -> None:
    assert refused("http://93.184.215.14/", allow_private=False) == "is not encrypted"
    assert refused("http://93.184.215.14/", allow_private=True) is None
    assert refused("https://93.184.215.14/", allow_private=False) is None
