"""A real SMTP server on the loopback address, for what is sent by mail."""

from __future__ import annotations

import email
import email.policy
import socket

import pytest
from aiosmtpd.controller import Controller

from stream.settings.desk_notify import Mail


class Postbox:
    """What the server got; it refuses what it is told to, by turns."""

    def __init__(self):
        self.got, self.refusals = [], []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.append((envelope.rcpt_tos, mail))
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def postbox():
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.settings = Mail(host="127.0.0.1", port=port, security="none", sender="desk@bank.example", timeout_s=5)
    yield box
    controller.stop()
