"""A request to be called back is of no file: it goes by its own rule."""

from datetime import timedelta

import pytest
from django.utils import timezone

from maillage.network.tests.factories import OrganisationFactory
from maillage.protection import retention
from maillage.support.callbacks.models import Callback


@pytest.mark.django_db
def test_it_is_gone_after_thirty_days_answered_or_not():
    Callback.objects.create(organisation=OrganisationFactory(), need="talk", phone="+33639981234")
    today = timezone.localdate()

    assert retention.purge_callbacks(today + timedelta(days=29)) == 0
    assert retention.purge_callbacks(today + timedelta(days=30)) == 1
    assert not Callback.objects.exists()
