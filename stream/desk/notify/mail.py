"""Mail by SMTP, one message a person."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

import aiosmtplib

from stream.desk.notify.channel import Answer, Parcel
from stream.settings.desk_notify import Mail as Settings

_NEVER = range(500, 600)


@dataclass(frozen=True, slots=True)
class MailChannel:
    """One mail server. `tls`: whom to trust; by default the system's."""

    settings: Settings
    tls: ssl.SSLContext | None = None

    async def send(self, parcel: Parcel) -> Answer:
        """Hand one mail over to the server."""
        to = [address for address in parcel.to if is_address(address)]
        if not to:
            return Answer(hopeless=True, fault="no address")
        try:
            await self._send(_message(self.settings.sender, to, parcel))
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as fault:
            return _refused(fault)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
            return Answer(fault=type(fault).__name__)
        return Answer(taken=True, status=250)

    async def _send(self, message: EmailMessage) -> None:
        settings = self.settings
        await aiosmtplib.send(
            message,
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self.tls if settings.security != "none" else None,
            username=settings.username or None,
            password=settings.password.get_secret_value() or None,
            timeout=settings.timeout_s,
        )


def _message(sender: str, to: list[str], parcel: Parcel) -> EmailMessage:
    """Return the mail. Its id is the parcel's, so that a repeat can be told; nobody's holiday note answers it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(to), parcel.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{parcel.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(parcel.body.decode())
    return message


def _refused(fault: aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused) -> Answer:
    """Codes from 500 on about this mail are final; a failed sign-in is ours to mend."""
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in fault.recipients]
        return Answer(status=codes[0], fault="recipients refused", hopeless=all(code in _NEVER for code in codes))
    ours = isinstance(fault, (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPConnectResponseError))
    return Answer(status=fault.code, fault=type(fault).__name__, hopeless=fault.code in _NEVER and not ours)


def is_address(text: str) -> bool:
    """Tell whether it is one plain address: no line break, comma or display name gets into a header."""
    name, address = parseaddr(text)
    return not name and address == text and "@" in text and text.isprintable() and "," not in text
