"""A token that is used and never shown."""

from __future__ import annotations

from batchlab.errors import InputError

_TOKEN_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": "fine-grained personal access token",
    "gho_": "OAuth token",
    "ghu_": "GitHub App user token",
    "ghs_": "GitHub App installation token",
    "ghr_": "refresh token (which cannot read anything)",
}


class Token:
    """A secret that shows its kind, as its prefix tells it, and never its value."""

    def __init__(self, value: str | None) -> None:
        value = (value or "").strip()
        if not value.isascii() or any(c.isspace() for c in value):
            raise InputError("the token holds blanks or non-ASCII characters; copy it again")
        self._value = value
        self.kind = _kind_of(value)

    def headers(self) -> dict[str, str]:
        """Return the ``Authorization`` header, or nothing where there is no token."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def _kind_of(token: str) -> str:
    if not token:
        return "missing token"
    return next((kind for prefix, kind in _TOKEN_KINDS.items() if token.startswith(prefix)), "token")
