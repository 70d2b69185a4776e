from django.apps import AppConfig

from maillage.network.rowfunctions import row_functions


class NetworkConfig(AppConfig):
    row_functions = staticmethod(row_functions)
    name = "maillage.network"
    label = "network"
