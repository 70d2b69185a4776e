"""Who carries a message: a folder of this machine by default, a mail server, an operator of SMS."""

import hmac
import json
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Protocol

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from maillage.programme.reminders.models import Channel
from maillage.programme.reminders.wording import SUBJECT

TIMEOUT = 10  # seconds
UNKNOWN_NUMBER = 422  # an operator's answer: nobody has that number
GONE_FOR_GOOD = range(550, 560)  # a mail server's answer: no such mailbox (RFC 5321, 4.2.3)


class NotSent(Exception):
    """The carrier did not take the message; trying again may help."""


class WrongAddress(Exception):
    """Nobody has this number or this mailbox: trying again will not help."""


class Provider(Protocol):
    def send(self, to: str, text: str) -> str:
        """Hands one message over; the receipt by which the carrier then tells what became of it,
        or "" if it never does. Raises `NotSent` or `WrongAddress`."""
        ...


class Folder:
    """One file a message, in the data folder: for a machine that is connected to no carrier. The
    number is not written, only its end."""

    def __init__(self, channel: str):
        self.channel = channel

    def send(self, to: str, text: str) -> str:
        folder = Path(settings.DATA_DIR) / "outbox"
        folder.mkdir(mode=0o700, exist_ok=True)
        receipt = token_hex(16)
        at = timezone.now().isoformat()
        told = {"channel": self.channel, "to": f"…{to[-2:]}", "text": text, "at": at}
        (folder / f"{receipt}.json").write_text(json.dumps(told, ensure_ascii=False))
        return receipt


class Mail:
    """The mail server that the settings name; it says at once that a mailbox is unknown."""

    def send(self, to: str, text: str) -> str:
        try:
            EmailMessage(SUBJECT, text, to=[to]).send()
        except SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if any(code in GONE_FOR_GOOD for code in codes):
                raise WrongAddress from refused
            raise NotSent from refused
        except (SMTPException, OSError) as error:
            raise NotSent from error
        return ""


class Operator:
    """An operator of SMS over HTTP: one POST of JSON a message, answered by its receipt.

    Sent: {"to", "text"}, with the key as bearer. Answered: 2xx {"id"}; 422 for an unknown number.
    It later posts {"id", "state"} to /messages/etat/, signed (`signature_of`).
    """

    def send(self, to: str, text: str) -> str:
        headers = {"Authorization": f"Bearer {settings.SMS_KEY}"}
        try:
            answer = requests.post(
                settings.SMS_URL,
                json={"to": to, "text": text},
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            if answer.status_code == UNKNOWN_NUMBER:
                raise WrongAddress
            if not 200 <= answer.status_code < 300:
                raise NotSent(str(answer.status_code))
            receipt = answer.json()["id"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise NotSent from error
        return str(receipt)[:64]


def provider_of(channel: str) -> Provider:
    """The one that the settings name, else the folder."""
    if channel == Channel.SMS:
        return Operator() if settings.SMS_URL else Folder(channel)
    return Folder(channel) if "console" in settings.EMAIL_BACKEND else Mail()


def signature_of(body: bytes) -> str:
    """How an operator signs what it tells: HMAC-SHA-256 of the body, by the shared key, in hex."""
    return hmac.new(settings.SMS_KEY.encode(), body, sha256).hexdigest()
