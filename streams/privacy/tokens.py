"""Keyed tokens instead of reporters: enough to link repeats inside one window, useless without the key.

HMAC-SHA-256 over the normalised value, cut to 32 hex. The key is derived per purpose (one city's source), so two
sources can't be joined. Keys have versions, `hmac.key.<n>`, and a day they began, `hmac.key.<n>.since`: the newest
makes new tokens, the one before still recognises old ones for as long as repeats are linked, anything older is gone
and with it every way back to a number. A key lives for WINDOW_DAYS at least, or links would break in the middle.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

_KEY_NAME = re.compile(r"hmac\.key\.(\d+)")
_NOISE = re.compile(r"[\s\-‐-―.()（）·_]+")
_OVERLAP = 2
_SHORTEST = 32

WINDOW_DAYS = 90
"""How long repeats of one reporter are linked."""


@dataclass(frozen=True)
class TokenKeys:
    """The one or two keys in use, key id -> secret, newest last."""

    keys: Mapping[str, bytes]
    since: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def from_secrets(cls, secrets: Mapping[str, str]) -> TokenKeys:
        """Take `hmac.key.<n>` out of the secrets; raises ValueError when there is none or one is too short."""
        versions = _versions(secrets)[-_OVERLAP:]
        keys = {str(n): secrets[f"hmac.key.{n}"].encode() for n in versions}
        if not keys or any(len(key) < _SHORTEST for key in keys.values()):
            raise ValueError("hmac.key.<n> is missing or shorter than 32 characters")
        since = {str(n): secrets.get(f"hmac.key.{n}.since") for n in versions}
        return cls(keys, {n: date.fromisoformat(day) for n, day in since.items() if day})

    @property
    def rotates_on(self) -> date | None:
        """The first day on which a new key may come; None: on any (the first key has no day)."""
        began = self.since.get(self.current)
        return began + timedelta(days=WINDOW_DAYS) if began else None

    def overlap(self, today: date) -> TokenKeys:
        """The keys to look repeats up by on a day: the older one until the newer is WINDOW_DAYS old."""
        if self.rotates_on is None or today < self.rotates_on:
            return self
        return TokenKeys({self.current: self.keys[self.current]}, self.since)

    @property
    def current(self) -> str:
        """Id of the key that makes new tokens."""
        return list(self.keys)[-1]

    def token(self, value: str, purpose: str, key_id: str | None = None) -> str:
        """32 hex for one value; the same person gives the same token under the same key and purpose."""
        return self._mac(key_id or self.current, purpose)(normalised(value))

    def known_as(self, value: str, purpose: str) -> dict[str, str]:
        """Key id -> token under every key in use: how a repeat is found across a rotation."""
        return {key_id: self.token(value, purpose, key_id) for key_id in self.keys}

    @property
    def previous(self) -> str | None:
        """Id of the key before, where two overlap."""
        return list(self.keys)[-2] if len(self.keys) > 1 else None

    def tokens(self, values: pl.Series, purpose: str, key_id: str | None = None) -> pl.Series:
        """Tokens of a column under a key, the current one if none is said; null and empty values stay null."""
        mac = self._mac(key_id or self.current, purpose)
        cleaned = (normalised(value) if value else "" for value in values)
        return pl.Series(values.name, [mac(value) if value else None for value in cleaned], dtype=pl.String)

    def _mac(self, key_id: str, purpose: str) -> Callable[[str], str]:
        derived = hmac.new(self.keys[key_id], b"citybrain-token:" + purpose.encode(), hashlib.sha256).digest()
        return lambda text: hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()[:32]


def rotated(secrets: Mapping[str, str], secret: str, today: date) -> dict[str, str]:
    """The secrets with `secret` as the newest key from today on, and without those older than the one before it.

    Raises ValueError when the newest key is younger than WINDOW_DAYS (a third key inside the window would leave
    repeats unlinked) or the secret is too short.
    """
    keys = TokenKeys.from_secrets(secrets)
    if keys.rotates_on and today < keys.rotates_on:
        raise ValueError(f"key {keys.current} has to serve until {keys.rotates_on}, {WINDOW_DAYS} days from its start")
    if len(secret) < _SHORTEST:
        raise ValueError(f"a key has {_SHORTEST} characters at least")
    newest = int(keys.current) + 1
    gone = {name for n in _versions(secrets)[: 1 - _OVERLAP] for name in (f"hmac.key.{n}", f"hmac.key.{n}.since")}
    kept = {name: value for name, value in secrets.items() if name not in gone}
    return kept | {f"hmac.key.{newest}": secret, f"hmac.key.{newest}.since": today.isoformat()}


def _versions(secrets: Mapping[str, str]) -> list[int]:
    return sorted(int(match[1]) for name in secrets if (match := _KEY_NAME.fullmatch(name)))


def normalised(value: str) -> str:
    """One spelling per number: NFKC, lower case, no spaces or dashes, no +86 before a mobile number."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", value)).lower()
    return re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", text)
