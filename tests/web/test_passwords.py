"""The server's hasher."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, Type

from cstar_core import TooManyTries
from cstar_web.passwords import Argon2

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def hasher() -> Argon2:
    return Argon2()


@pytest.fixture(scope="module")
def hashed(hasher: Argon2) -> str:
    return hasher.hash(PASSWORD)


def test_a_hash_is_of_argon2id_with_what_owasp_asks_for(hashed: str) -> None:
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_is_of_one_password(hasher: Argon2, hashed: str) -> None:
    assert hasher.verify(hashed, PASSWORD)
    assert not hasher.verify(hashed, PASSWORD + " ")
    assert hasher.hash(PASSWORD) != hashed


@pytest.mark.parametrize("broken", ["", "x", "$argon2id$", "$2b$12$abc", "$argon2id$v=19$m=1$a$b"])
def test_what_is_no_hash_fits_no_password(hasher: Argon2, broken: str) -> None:
    assert not hasher.verify(broken, PASSWORD)
    assert hasher.needs_rehash(broken)


def test_a_hash_of_other_parameters_fits_and_is_to_be_made_anew(hasher: Argon2) -> None:
    weaker = PasswordHasher(1, 8_192, 1, type=Type.ID).hash(PASSWORD)
    assert hasher.verify(weaker, PASSWORD)
    assert hasher.needs_rehash(weaker)
    assert not hasher.needs_rehash(hasher.hash(PASSWORD))


def test_some_may_ask_at_once(hasher: Argon2, hashed: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: hasher.verify(hashed, PASSWORD), range(8)))


def test_who_asks_while_enough_others_wait_is_told_to_come_again(hashed: str) -> None:
    full = Argon2(in_hand=0)
    with pytest.raises(TooManyTries) as caught:
        full.verify(hashed, PASSWORD)
    assert caught.value.retry_after == 1
    # Who sets a password has been let in already.
    assert full.hash(PASSWORD).startswith("$argon2id$")


def test_each_place_is_free_again_afterwards(hashed: str) -> None:
    one = Argon2(in_hand=1)
    found = [one.verify(hash, PASSWORD) for hash in (hashed, "no hash", hashed + "x", hashed)]
    assert found == [True, False, False, True]
