"""Keyed tokens instead of reporters: enough to link repeats inside one window, useless without the key.

HMAC-SHA-256 over the normalised value, cut to 32 hex. The key is derived per purpose (one city's source), so two
sources can't be joined. Rotating means adding `hmac.key.<n+1>`: the newest key makes new tokens, the one before
still recognises old ones, and anything older is gone. Rotate no more often than the 90-day linking window.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

_KEY_NAME = re.compile(r"hmac\.key\.(\d+)")
_NOISE = re.compile(r"[\s\-‐-―.()（）·_]+")
_OVERLAP = 2


@dataclass(frozen=True)
class TokenKeys:
    """The one or two keys in use, key id -> secret, newest last."""

    keys: Mapping[str, bytes]

    @classmethod
    def from_secrets(cls, secrets: Mapping[str, str]) -> TokenKeys:
        """Take `hmac.key.<n>` out of the secrets; raises ValueError when there is none or one is too short."""
        found = sorted(int(match[1]) for name in secrets if (match := _KEY_NAME.fullmatch(name)))
        keys = {str(n): secrets[f"hmac.key.{n}"].encode() for n in found[-_OVERLAP:]}
        if not keys or any(len(key) < 32 for key in keys.values()):
            raise ValueError("hmac.key.<n> is missing or shorter than 32 characters")
        return cls(keys)

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

    def tokens(self, values: pl.Series, purpose: str) -> pl.Series:
        """Tokens of a column under the current key; null and empty values stay null."""
        mac = self._mac(self.current, purpose)
        cleaned = (normalised(value) if value else "" for value in values)
        return pl.Series(values.name, [mac(value) if value else None for value in cleaned], dtype=pl.String)

    def _mac(self, key_id: str, purpose: str) -> Callable[[str], str]:
        derived = hmac.new(self.keys[key_id], b"citybrain-token:" + purpose.encode(), hashlib.sha256).digest()
        return lambda text: hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()[:32]


def normalised(value: str) -> str:
    """One spelling per number: NFKC, lower case, no spaces or dashes, no +86 before a mobile number."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", value)).lower()
    return re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", text)
