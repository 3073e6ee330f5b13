"""Who acts: a person with roles, a service that may propose but never approve, or the program itself under a name."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from enum import StrEnum

from cases.roles import Permission, Role, permitted
from graph.errors import NotPermitted


class Kind(StrEnum):
    """What sort of actor it is."""

    PERSON = "person"
    SERVICE = "service"
    SYSTEM = "system"


#: What no program may ever do, whatever its roles: these are judgements about people.
JUDGEMENTS = frozenset(
    {
        Permission.APPROVE,
        Permission.CONTAIN,
        Permission.APPEALS,
        Permission.REFER,
        Permission.GRANT,
        Permission.PEOPLE,
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; every change and every read names one.

    Parameters
    ----------
    name : str
        The name that the audit trail keeps; never empty.
    roles : frozenset of Role
        A system actor has none: it does only what needs no permission, such as raising an alert.

    Raises
    ------
    NotPermitted
        There is no name: nothing is done by nobody.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    kind: Kind = Kind.PERSON

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise NotPermitted("nobody is named as the actor", hint="log in, or name the service")

    def may(self, permission: Permission) -> bool:
        """Whether the table gives this actor the permission."""
        if self.kind is not Kind.PERSON and permission in JUDGEMENTS:
            return False
        return permission in permitted(self.roles)

    def need(self, permission: Permission, where: str = "") -> None:
        """Go on only with the permission.

        Raises
        ------
        NotPermitted
            The actor has it not.
        """
        if not self.may(permission):
            held = ", ".join(sorted(self.roles)) or "no role"
            raise NotPermitted(f"{self.name} ({held}) may not {permission}", where, "ask a lead who may do it")


def system(name: str) -> Actor:
    """The program itself, acting under the name of its part (``alerts``, ``sweep``)."""
    return Actor(f"system:{name}", kind=Kind.SYSTEM)


def lone() -> Actor:
    """The single user of this machine, who may do everything; the same one on the pages and the command line."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        user = f"uid-{os.getuid()}"
    return Actor(f"local:{user}", frozenset(Role))
