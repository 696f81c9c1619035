"""A hasher for tests: quick, and it says what it was asked for."""

import hashlib


class QuickHasher:
    """Hashes that name their ``cost``; one of another cost is to be made anew."""

    def __init__(self, cost: int = 1) -> None:
        self.cost = cost
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return f"{self.cost}${_digest(password)}"

    def verify(self, hash: str, password: str) -> bool:
        self.verified.append(hash)
        return hash.partition("$")[2] == _digest(password)

    def needs_rehash(self, hash: str) -> bool:
        return not hash.startswith(f"{self.cost}$")


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
