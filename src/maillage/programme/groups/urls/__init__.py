"""Addresses of courses and groups, by noun."""

from maillage.programme.groups.urls import attendance, enrolments, letters, planning, proposal

urlpatterns = [
    *planning.urlpatterns,
    *proposal.urlpatterns,
    *attendance.urlpatterns,
    *letters.urlpatterns,
    *enrolments.urlpatterns,  # last: an act of a demand is any word after its uid
]
