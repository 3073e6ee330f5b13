"""A URL that alerts are posted to, signed (see :mod:`lockstep.outbound`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.alerting.alert import Alert
from detectors.alerting.sink import AlertRefused, Channel, Sink
from graph.errors import ConfigError, DeliveryError
from lockstep import outbound
from lockstep.config import Settings

KEY = "LOCKSTEP_WEBHOOK_KEY"


class Webhook(Sink):
    """``alerts.webhook``, signed with the key that the environment has."""

    name = "webhook"

    def open(self, settings: Settings) -> Channel | None:
        """The URL, checked as far as it goes without asking where it leads."""
        url = settings.text("alerts.webhook")
        if not url:
            return None
        if settings.webhook_key is None:
            raise ConfigError("a webhook is named, but there is no key to sign with", KEY, "openssl rand -hex 32")
        try:
            host = outbound.split(url).hostname or ""
            outbound.signature(settings.webhook_key, "", 0, b"")
            allow = outbound.networks(settings.text("alerts.webhook_allow"))
        except outbound.Refused as error:
            raise ConfigError(str(error), "alerts.webhook", "write https://HOST/PATH") from None
        except ValueError as error:
            raise ConfigError(str(error), "alerts.webhook_allow", "write addresses or networks: 10.1.2.0/24") from None
        return Posting(url, host, settings.webhook_key, allow)


@dataclass(frozen=True)
class Posting:
    """Posts alerts; messages name the host alone, since the rest of a URL may be a secret."""

    url: str
    host: str
    key: bytes
    allow: Sequence[outbound.Network]
    policy: outbound.Policy = outbound.Policy()  # noqa: RUF009 - frozen

    def send(self, alert: Alert) -> None:
        """Post the alert under its id, with tries and waits."""
        body = alert.to_json().encode()
        try:
            outbound.send(self.url, body, message_id=alert.id, key=self.key, allow=self.allow, policy=self.policy)
        except outbound.Undelivered as error:
            kind = AlertRefused if error.final else DeliveryError
            raise kind(f"alert {alert.id} was not delivered: {error}", self.host, "lockstep alerts deliver") from error
