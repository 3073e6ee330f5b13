"""How people log in: the settings of ``[auth]``, checked, and as Streamlit's login wants them.

The provider's metadata say which addresses are asked; nothing else is. Secrets come from the environment alone.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cases.roles import Role
from graph.errors import ConfigError
from lockstep import config

CALLBACK = "/oauth2callback"
CLIENT_SECRET = "LOCKSTEP_AUTH_CLIENT_SECRET"  # noqa: S105 - the name of a variable
COOKIE_SECRET = "LOCKSTEP_AUTH_COOKIE_SECRET"  # noqa: S105
_NEEDED = ("auth.metadata_url", "auth.client_id", "auth.redirect_uri")


@dataclass(frozen=True)
class Login:
    """A login provider, and which of its words stand for which roles."""

    metadata_url: str
    client_id: str
    redirect_uri: str
    scope: str
    claim: str
    roles: Mapping[str, Role]
    client_secret: str = field(repr=False)
    cookie_secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """The dashboard's host name as browsers see it."""
        return urlsplit(self.redirect_uri).hostname or ""

    @property
    def encrypted(self) -> bool:
        """Whether browsers come over TLS, so that cookies may be kept to it."""
        return self.redirect_uri.startswith("https:")

    def secrets(self) -> dict[str, Any]:
        """What ``st.login`` reads."""
        return {
            "auth": {
                "redirect_uri": self.redirect_uri,
                "cookie_secret": self.cookie_secret,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "server_metadata_url": self.metadata_url,
                "client_kwargs": {"scope": self.scope, "prompt": "select_account"},
            }
        }

    def roles_in(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        """The roles that the claim says; a word that stands for none says nothing."""
        said = _claim(claims, self.claim)
        words = [said] if isinstance(said, str) else said if isinstance(said, list | tuple) else ()
        return frozenset(self.roles[word] for word in words if isinstance(word, str) and word in self.roles)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, else by its path (``realm_access.roles``); None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def login(settings: config.Settings) -> Login | None:
    """The configured login; None where no setting asks for one.

    Raises
    ------
    ConfigError
        A part is missing or cannot be right: the dashboard then opens for nobody, rather than for everybody.
    """
    held = settings.secrets or {}
    if not any(settings.text(name) for name in _NEEDED):
        return None
    for name in _NEEDED:
        if not settings.text(name):
            raise ConfigError(f"{name} is not set", "[auth]", "login needs " + ", ".join(_NEEDED))
    for name, length in ((CLIENT_SECRET, 1), (COOKIE_SECRET, 32)):
        if len(held.get(name, "")) < length:
            fault = f"is shorter than {length} characters" if name in held else "is not set"
            raise ConfigError(f"{name} {fault}", "environment", config.SECRETS[name])
    _check_url(settings, "auth.metadata_url")
    _check_url(settings, "auth.redirect_uri")
    callback = urlsplit(settings.text("auth.redirect_uri"))
    if callback.path != CALLBACK or callback.query or callback.fragment:
        raise ConfigError(f"auth.redirect_uri does not end in {CALLBACK}", _where(settings, "auth.redirect_uri"))
    return Login(
        metadata_url=settings.text("auth.metadata_url"),
        client_id=settings.text("auth.client_id"),
        redirect_uri=settings.text("auth.redirect_uri"),
        scope=settings.text("auth.scope"),
        claim=settings.text("auth.claim"),
        roles=_roles(settings),
        client_secret=held[CLIENT_SECRET],
        cookie_secret=held[COOKIE_SECRET],
    )


def _check_url(settings: config.Settings, name: str) -> None:
    try:
        parts = urlsplit(settings.text(name))
        host, user = parts.hostname, parts.username
    except ValueError:
        host, user, parts = None, None, urlsplit("")
    if not host or user or (parts.scheme != "https" and not (parts.scheme == "http" and loopback(host))):
        hint = "write https://HOST/…; http only for a loopback address"
        raise ConfigError(f"{name} is {settings.text(name)!r}", _where(settings, name), hint)


def _roles(settings: config.Settings) -> dict[str, Role]:
    text = settings.text("auth.roles")
    if not text.strip():
        return {role.value: role for role in Role}
    found: dict[str, Role] = {}
    for entry in filter(None, map(str.strip, text.split(";"))):
        word, _, role = (part.strip() for part in entry.rpartition("="))
        if not word or role not in list(Role):
            hint = f"write GROUP=ROLE; GROUP=ROLE with roles of: {', '.join(Role)}"
            raise ConfigError(f"auth.roles has {entry!r}", _where(settings, "auth.roles"), hint)
        if found.get(word, role) != role:
            raise ConfigError(f"auth.roles gives {word!r} two roles", _where(settings, "auth.roles"))
        found[word] = Role(role)
    return found


def _where(settings: config.Settings, name: str) -> str:
    return settings.values[name].source


def loopback(address: str | None) -> bool:
    """Whether only this machine can reach the address; no address means all of them."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


@functools.cache
def configured() -> Login | None:
    """The login this process was started with; a changed file does not open a running dashboard to anybody.

    Raises
    ------
    ConfigError
        A setting is wrong.
    """
    try:
        return login(config.load())
    except config.SettingsError as error:
        raise ConfigError(error.message, error.where, error.hint) from error
