"""The calendar of the groups as a private address that an agenda reads by itself."""

from django.db import models
from django.utils import timezone

from maillage.core.rows import Shared
from maillage.network.models import Membership


class CalendarFeed(models.Model):
    """One private address of one membership: read by an agenda, without a session, until it is
    closed or the membership ends. The address itself is not here, only its digest."""

    row_owner = Shared("SELECT, INSERT, UPDATE")  # found before anybody is known; names nobody

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    is_mine = models.BooleanField("les seules séances que j’anime")
    opened_at = models.DateTimeField("ouverte le", default=timezone.now)
    read_on = models.DateField("lue le", null=True, blank=True)
    closed_at = models.DateTimeField("fermée le", null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return str(self.pk)
