"""Messages of the outbox, posted to a webhook: signed, to a checked address (see :mod:`lockstep.outbound`)."""

from __future__ import annotations

from cases.outbox import MessageRefused, Send
from graph.errors import ConfigError, DeliveryError
from lockstep import outbound
from lockstep.config import Settings

KEY = "LOCKSTEP_WEBHOOK_KEY"
_URL, _ALLOW = "cases.webhook", "cases.webhook_allow"


def posting(settings: Settings, policy: outbound.Policy | None = None) -> Send | None:
    """What sends to ``cases.webhook``, which is checked as far as that goes without asking where it leads.

    A receiver may get a message twice, after a crash: under the same ``idempotency-key``, so that it does it once.

    Raises
    ------
    ConfigError
        A setting is wrong, or there is no key to sign with.
    """
    url, key = settings.text(_URL), settings.webhook_key
    if not url:
        return None
    if key is None:
        raise ConfigError("a webhook is named, but there is no key to sign with", KEY, "openssl rand -hex 32")
    try:
        host = outbound.split(url).hostname or ""
        outbound.signature(key, "", 0, b"")
        allow = outbound.networks(settings.text(_ALLOW))
    except outbound.Refused as error:
        raise ConfigError(str(error), _URL, "write https://HOST/PATH") from None
    except ValueError as error:
        raise ConfigError(str(error), _ALLOW, "write addresses or networks: 10.1.2.0/24") from None

    def send(_topic: str, message_id: str, payload: str) -> None:
        try:
            outbound.send(url, payload.encode(), message_id=message_id, key=key, allow=allow, policy=policy)
        except outbound.Undelivered as error:
            kind = MessageRefused if error.final else DeliveryError
            raise kind(f"message {message_id} was not delivered: {error}", host, "lockstep cases deliver") from error

    return send
