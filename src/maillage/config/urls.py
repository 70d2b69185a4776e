"""Where each address leads: the public site at the root, the staff's pages under /espace/."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
