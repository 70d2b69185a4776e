from django.urls import path

from maillage.programme.groups.views import proposal

urlpatterns = [
    path("espace/groupes/<str:uid>/convocation/", proposal.proposal, name="propose"),
]
