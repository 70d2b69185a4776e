"""The words of a reminder: a day and an hour. No name, no place, no reason, whoever reads it."""

from datetime import datetime

from django.utils import timezone

from maillage.core.calendar import hour, long_date

SUBJECT = "Rendez-vous"


def words(moment: datetime) -> str:
    """« Rendez-vous jeudi 3 décembre à 14 h »."""
    at = timezone.localtime(moment)
    day = long_date(at.date()).rsplit(" ", 1)[0]
    return f"Rendez-vous {day} à {hour(at.time())}".replace(
        "\u00a0", " "
    )  # as a telephone shows it
