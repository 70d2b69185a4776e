"""A file that somebody sends: known by its content, never its name, and kept without its past."""

import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from maillage.core.errors import Refused

SIGNATURES = {"pdf": b"%PDF-", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
CLEANER = Path(__file__).with_name("cleaning.py")
REFUSED, WAIT = 3, 30  # the code of `cleaning.py`, and seconds


@dataclass(frozen=True)
class Clean:
    """What is kept of a file: `format` is pdf, jpeg or png."""

    format: str
    content: bytes


def format_of(data: bytes) -> str:
    """What the first bytes say, or nothing."""
    return next((name for name, sign in SIGNATURES.items() if data.startswith(sign)), "")


def clean(data: bytes) -> Clean:
    """The file rewritten with nothing but what is seen; raises `Refused` with the reason."""
    megabytes = settings.UPLOAD_MAX_MB
    if len(data) > megabytes * 1_000_000:
        raise Refused(f"Le fichier dépasse {megabytes}\u00a0Mo.", "file")
    found = format_of(data)
    if not found:
        raise Refused("Une pièce est un PDF, ou une image JPEG ou PNG.", "file")
    try:
        told = subprocess.run(
            [sys.executable, "-IB", CLEANER], input=data, capture_output=True, env={}, timeout=WAIT
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("Ce fichier demande trop de temps à lire.", "file") from error
    if told.returncode == REFUSED:
        raise Refused(told.stderr.decode().splitlines()[-1], "file")  # after warnings, if any
    if told.returncode or format_of(told.stdout) != found:
        raise Refused("Ce fichier ne peut pas être lu sans danger.", "file")
    return Clean(found, told.stdout)


class InMemory(FileUploadHandler):
    """Keeps what is sent out of the disk, where a file in clear would outlive a crash.

    Of a file that is too large, the size alone is kept: the form tells it.
    """

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.kept = BytesIO()

    def receive_data_chunk(self, raw_data, start):
        if start <= settings.UPLOAD_MAX_MB * 1_000_000:
            self.kept.write(raw_data)

    def file_complete(self, file_size):
        self.kept.seek(0)
        return InMemoryUploadedFile(
            self.kept, self.field_name, "piece", "", file_size, None, self.content_type_extra
        )
