"""Addresses of the public site: none tells what was looked for, or by whom."""

from django.urls import path

from maillage.portal.views import data, finder, guides, requests, sheets, verifying

urlpatterns = [
    path("", finder.home, name="home"),
    path("aide/", finder.help_finder, name="help_finder"),
    path("aide/<slug:language>/", finder.help_finder, name="help_finder_in"),
    path("f/<str:uid>/", sheets.service, name="service"),
    path("f/o/<int:pk>/", sheets.organisation, name="public_organisation"),
    path("f/s/<int:pk>/", sheets.site, name="public_site"),
    path("f/l/<str:uid>/", sheets.line, name="line"),
    path("reperes/", guides.scales, name="scales"),
    path("reperes/<str:uid>/", guides.scale, name="scale"),
    path("appareil/", guides.traces, name="traces"),
    path("facile/<slug:code>/", guides.easy, name="easy"),
    path("professionnels/", guides.professionals, name="professionals"),
    path("rappel/", requests.call_back, name="call_back"),
    path("verifier/", verifying.certificate_check, name="certificate_check"),
    path("fiche/<str:token>/", requests.entry_update, name="entry_update"),
    path("donnees/", data.open_data, name="open_data"),
    path("donnees/<slug:name>.json", data.open_data_file, name="open_data_file"),
]
