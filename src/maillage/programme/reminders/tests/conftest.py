"""The house of the follow-up, and carriers that really listen on loopback."""

import json
import socket
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from maillage.programme.episodes.tests.conftest import house, signed_in  # noqa: F401

UNKNOWN = "+33639980000"  # a number that the operator does not know
UNKNOWN_BOX = "inconnue@exemple.test"
KEY = "une clé partagée de test"
PHONE, MAILBOX = "+33639981234", "camille@exemple.test"
THURSDAY = timezone.make_aware(datetime(2031, 12, 4, 14))


@pytest.fixture
def operator(settings):
    """An operator of SMS: takes messages, gives receipts, refuses one number, breaks on demand."""
    taken = SimpleNamespace(messages=[], keys=[], status=201)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.keys.append(self.headers["Authorization"])
            status = 422 if told["to"] == UNKNOWN else taken.status
            if status == 201:
                taken.messages.append(told)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"id": f"m{len(taken.messages)}"}).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_URL, settings.SMS_KEY = f"http://127.0.0.1:{server.server_port}/sms", KEY
    yield taken
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mail_server(settings):
    """A mail server: takes messages, knows no mailbox of one address."""
    taken = []

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address == UNKNOWN_BOX:
                return "550 5.1.1 unknown mailbox"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "agenda@exemple.test"
    yield taken
    controller.stop()
