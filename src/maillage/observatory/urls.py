from django.urls import path

from maillage.observatory import views

_REPORT = "espace/rapports/<slug:slug>/<int:year>/<slug:grid>/"

urlpatterns = [
    path("espace/rapports/", views.report_list, name="reports"),
    path(_REPORT, views.report_page, name="report"),
    path(f"{_REPORT}fichier/<slug:kind>/", views.report_file, name="report_file"),
    path(
        f"{_REPORT}case/<slug:table>/<slug:row>/<slug:column>/",
        views.report_cell,
        name="report_cell",
    ),
]
