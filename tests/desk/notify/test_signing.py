"""Signatures as the reference implementation of Standard Webhooks verifies them."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from stream.desk.notify.signing import SecretError, key_of, new_secret, sign


def secret(size):
    return "whsec_" + base64.b64encode(bytes(range(size))).decode()


def headers(secrets, id_, body, second):
    signature = sign([key_of(one) for one in secrets], id_, second, body)
    return {"webhook-id": id_, "webhook-timestamp": str(second), "webhook-signature": signature}


@given(st.integers(24, 64), st.text(min_size=1, alphabet=st.characters(codec="ascii", exclude_categories=["C"])),
       st.text(alphabet=st.characters(codec="utf-8")))  # fmt: skip
def test_the_reference_verifies_what_we_sign(size, id_, text):
    body = text.encode()
    Webhook(secret(size)).verify(body, headers([secret(size)], id_, body, int(time.time())), json_parse=False)


def test_while_secrets_rotate_either_verifies_and_another_does_not():
    old, new, other = new_secret(), new_secret(), new_secret()
    signed = headers([new, old], "msg_1", b"{}", int(time.time()))
    for known in (old, new):
        assert Webhook(known).verify(b"{}", signed) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(b"{}", signed)


def test_a_changed_body_id_or_time_is_found_out():
    known, now = new_secret(), int(time.time())
    signed = headers([known], "msg_1", b"{}", now)
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(now + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(known).verify(b"{}", signed | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(known).verify(b"[]", signed)


@pytest.mark.parametrize(
    "text", [secret(23), secret(65), "whsec_", "whsec_%%%", "", secret(32)[6:], "WHSEC_" + "A" * 40]
)
def test_what_is_no_secret_is_refused_without_being_shown(text):
    with pytest.raises(SecretError) as caught:
        key_of(text)
    assert not text or text not in str(caught.value)


def test_a_new_secret_is_one_and_never_the_same():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(key_of(one)) == 32 for one in made)
