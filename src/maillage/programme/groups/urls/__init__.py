"""Addresses of courses and groups, by noun."""

from maillage.programme.groups.urls import attendance, enrolments, letters, planning, proposal

urlpatterns = [
    *planning.urlpatterns,
    *enrolments.urlpatterns,
    *proposal.urlpatterns,
    *attendance.urlpatterns,
    *letters.urlpatterns,
]
