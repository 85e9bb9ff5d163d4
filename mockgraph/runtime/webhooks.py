"""Webhooks: one POST after a run has ended, as the real server sends it, to loopback unless a host is allowed.

langgraph-api 0.16.7: 5xx and 429 are tried three times, anything else is final, and whatever happens the run
knows nothing of it.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from mockgraph.backend.json import dumps_in_full, raw
from mockgraph.backend.runs import Run
from mockgraph.runtime.journal import LOG
from mockgraph.runtime.namespaces import Namespace
from mockgraph.words.clock import iso
from mockgraph.words.errors import Refusal
from mockgraph.words.redaction import clean_url, clean_urls

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PAUSES = (1.2, 2.4)  # seconds before the second and the third attempt
_PATIENCE = 10.0  # seconds for one attempt


def check(url: str | None, allowed: Collection[str]) -> None:
    """Refuse a webhook that cannot or must not be called; before anything is made."""
    if not url:
        return
    if url.startswith("/"):
        raise Refusal(422, "Loopback webhooks (relative URLs) are not built; give the whole URL.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refusal(422, f"Invalid webhook URL: {error}") from None
    if not host:
        raise Refusal(422, "Invalid webhook hostname ''")
    if parts.scheme not in ("http", "https"):
        raise Refusal(422, f"Webhook host blocked: scheme '{parts.scheme}' not allowed")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise Refusal(422, "Invalid webhook URL: it has blanks or control characters")
    if host not in LOOPBACK and host not in allowed:
        raise Refusal(
            422,
            f"Webhook host blocked: '{host}' is not loopback; mockgraph posts to loopback only, "
            f"unless it is started with --allow-webhooks-to {host}",
        )


def post(
    namespace: Namespace,
    url: str,
    body: dict[str, Any],
    run: Run,
    values: bytes | None,
    error: dict[str, str] | None,
) -> None:
    """Post what became of a run, in the background."""
    body |= {
        "run_started_at": iso(run.start or run.created_at),
        "run_ended_at": iso(run.ended),
        "webhook_sent_at": iso(max(namespace.options.clock.now(), run.ended)),
        "values": None if values is None else raw(values),
    }
    if error is not None:
        body["error"] = error
    fault = namespace.faults.take_webhook(run.graph.graph_id)
    if fault is not None and fault.where == "lost":
        LOG.info("webhook %s is lost: a fault", clean_url(url))
        return
    _send(namespace, url, body)
    if fault is not None:
        _send(namespace, url, body)


def _send(namespace: Namespace, url: str, body: dict[str, Any]) -> None:
    task = asyncio.get_running_loop().create_task(_deliver(namespace, url, dumps_in_full(body)))
    namespace.errands.add(task)
    task.add_done_callback(namespace.errands.discard)


def _confidential(record: logging.LogRecord) -> bool:
    """A filter for httpx, which logs URLs as they are: without credentials in them."""
    if isinstance(record.args, tuple):
        record.args = tuple(clean_url(str(arg)) if "://" in str(arg) else arg for arg in record.args)
    return True


async def _deliver(namespace: Namespace, url: str, body: bytes) -> None:
    import httpx

    logging.getLogger("httpx").addFilter(_confidential)
    async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
        for pause in (*PAUSES, None):
            try:
                answer = await client.post(url, content=body, headers={"Content-Type": "application/json"})
                if answer.status_code < 500 and answer.status_code != 429:
                    return
                said = str(answer.status_code)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                said = f"{type(error).__name__}: {error}"
            if pause is None:
                LOG.warning("webhook %s was not delivered: %s", clean_url(url), clean_urls(said))
                return
            await namespace.timeline.sleep(pause)
