"""Age keys open what was sealed to them, and errors never quote them."""

from __future__ import annotations

import pytest

from execution_engine.bundles.age import AgeKey, public_keys, seal_bytes, unseal_bytes
from execution_engine.errors import BundleUnreadable, Unsealable


def test_a_key_opens_what_was_sealed_to_it() -> None:
    key = AgeKey.generate()
    for data in (b"", b"\0\xff", b"x" * 1_000_000):
        sealed = seal_bytes(data, key.recipient)
        assert unseal_bytes(sealed, key.identity) == data
        assert data == b"" or data not in sealed


def test_keys_differ_and_do_not_show_their_identity() -> None:
    one, other = AgeKey.generate(), AgeKey.generate()
    assert one != other
    assert one.identity.startswith("AGE-SECRET-KEY-1")
    assert one.recipient.startswith("age1")
    assert one.identity not in repr(one)


def test_white_space_around_keys_does_no_harm() -> None:
    key = AgeKey.generate()
    assert unseal_bytes(seal_bytes(b"x", f" {key.recipient}\n"), f"{key.identity}\n") == b"x"


def test_another_key_and_changed_bytes_open_nothing() -> None:
    key, other = AgeKey.generate(), AgeKey.generate()
    sealed = seal_bytes(b"the value", key.recipient)
    for data, identity in (
        (sealed, other.identity),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), key.identity),
        (b"", key.identity),
        (b"plain text", key.identity),
    ):
        with pytest.raises(BundleUnreadable, match="can't be opened with the run's age key"):
            unseal_bytes(data, identity)


@pytest.mark.parametrize("recipient", ["", "age1junk", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1JUNK"])
def test_what_is_no_public_key_seals_nothing(recipient: str) -> None:
    with pytest.raises(Unsealable, match="no age public key") as caught:
        seal_bytes(b"x", recipient)
    assert "SECRET" not in str(caught.value)


def test_two_recipients_are_not_one() -> None:
    both = ",".join(AgeKey.generate().recipient for _ in range(2))
    with pytest.raises(Unsealable, match="no age public key"):
        seal_bytes(b"x", both)


def test_a_malformed_identity_is_not_quoted() -> None:
    identity = AgeKey.generate().identity[:-1] + "B1"
    with pytest.raises(BundleUnreadable, match="malformed") as caught:
        unseal_bytes(b"x", identity)
    assert identity not in str(caught.value)
    assert caught.value.__suppress_context__


def test_of_several_keys_the_one_that_fits_is_used() -> None:
    key, other = AgeKey.generate(), AgeKey.generate()
    text = f"# a comment\n{other.identity}\n\n {key.identity} \n"
    assert unseal_bytes(seal_bytes(b"x", key.recipient), text) == b"x"
    assert public_keys(text) == {other.recipient: other.identity, key.recipient: key.identity}


@pytest.mark.parametrize("text", ["", "# only a comment", "no key"])
def test_a_text_without_any_key_is_none(text: str) -> None:
    with pytest.raises(BundleUnreadable, match="malformed"):
        public_keys(text)
