"""A small platform with a farm on it, and people who share what people share."""

from __future__ import annotations

import random
from typing import Any

from tests.stores import at

DAY = 86_400.0
Rows = dict[str, list[dict[str, Any]]]


class Platform:
    """Accounts with devices, addresses and posts; nothing is drawn but from the seed."""

    def __init__(self, people: int = 240, seed: int = 5) -> None:
        self.rng = random.Random(seed)
        self.rows: Rows = {"accounts": [], "identifiers": [], "posts": [], "interactions": []}
        carriers = [f"carrier{i}" for i in range(4)]
        for i in range(people):
            who = self.account(
                f"x:person{i:03}", made=-self.rng.uniform(1, 900) * DAY, handle=f"{self._word()}{i % 7}{self._word()}"
            )
            self.uses(who, "device", f"phone-{who}")
            self.uses(who, "ip", self.rng.choice(carriers) if i % 3 else f"home-{who}")
        for k in range(60):
            post = self.post(f"x:person{self.rng.randrange(people):03}", self.rng.uniform(0, 20) * DAY)
            for reader in self.rng.sample(range(people), 3):
                self.likes(f"x:person{reader:03}", post, k)

    def _word(self) -> str:
        return "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz", k=6))

    def account(self, name: str, made: float | None = None, **more: Any) -> str:
        created = None if made is None else at(made)
        self.rows["accounts"].append({"account": name, "created_at": created, **more})
        return name

    def uses(self, who: str, kind: str, value: str, first: float = -60 * DAY, last: float = 0.0) -> None:
        row = {"account": who, "kind": kind, "value": value, "first_seen": at(first), "last_seen": at(last)}
        self.rows["identifiers"].append(row)

    def post(self, who: str, when: float, **more: Any) -> str:
        key = f"x:post{len(self.rows['posts']):04}"
        row = {"post": key, "account": who, "created_at": at(when), "kind": "post", "text": "good morning"}
        self.rows["posts"].append({**row, **more})
        return key

    def likes(self, who: str, post: str, number: int) -> None:
        key = f"like{len(self.rows['interactions']):05}"
        row = {"interaction": key, "account": who, "kind": "like", "target_type": "post", "target": post}
        self.rows["interactions"].append({**row, "at": at(21 * DAY + number)})

    def follows(self, who: str, whom: str) -> None:
        key = f"follow{len(self.rows['interactions']):05}"
        row = {"interaction": key, "account": who, "kind": "follow", "target_type": "account", "target": whom}
        self.rows["interactions"].append({**row, "at": at(0)})

    def farm(self, size: int = 6, name: str = "farm") -> list[str]:
        """Accounts made within minutes on two devices behind one address, with handles from one template."""
        members = []
        for i in range(size):
            who = self.account(
                f"x:{name}{i}", made=-20 * DAY + 200 * i, handle=f"dusty_quill_{4100 + 7 * i}", attributes='{"bio": ""}'
            )
            self.uses(who, "device", f"{name}-device{i % 2}")
            self.uses(who, "ip", f"{name}-address")
            members.append(who)
        for k in range(4):
            post = self.post("x:person000", DAY * (5 + k))
            for who in members:
                self.likes(who, post, k)
        return members

    def household(self, size: int = 4) -> list[str]:
        """People with one address and one tablet, phones of their own and nothing else in common."""
        family = [f"x:person{i:03}" for i in range(100, 100 + size)]
        for who in family:
            self.uses(who, "ip", "family-address")
            self.uses(who, "device", "family-tablet")
        return family

    def friends(self, start: int = 150, size: int = 6) -> list[str]:
        """People who share flats by twos and threes, invite each other, and like what one of them posts."""
        circle = [f"x:person{i:03}" for i in range(start, start + size)]
        for i, who in enumerate(circle):
            self.uses(who, "ip", f"flat-{start}-{i // 3}")
            self.uses(who, "referral", f"invited-{start}-{i // 4}")
            if i % 3 < 2:
                self.uses(who, "device", f"laptop-{start}-{i // 3}")
        for k in range(8):
            post = self.post(circle[0], DAY * (3 + k))
            for who in circle[1:]:
                self.likes(who, post, k)
        return circle

    def cafe(self, size: int = 14) -> list[str]:
        """Guests on one address, an hour each, on days of their own."""
        guests = [f"x:person{i:03}" for i in range(120, 120 + size)]
        for i, who in enumerate(guests):
            self.uses(who, "ip", "cafe", first=-i * DAY - 3600, last=-i * DAY)
        return guests
