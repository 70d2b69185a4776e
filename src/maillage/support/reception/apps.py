from django.apps import AppConfig
from django.db.models import Q


class ReceptionConfig(AppConfig):
    name = "maillage.support.reception"
    label = "support_reception"

    def ready(self) -> None:
        from maillage.barriers.walls import Wall, raise_wall
        from maillage.network.roles import Permission, Side
        from maillage.support.reception import models

        raise_wall(
            Side.SUPPORT,
            Wall(
                files=models.Beneficiary,
                barriers=models.Barrier,
                restrictions=models.Restriction,
                readers=models.NamedReader,
                accesses=models.ExceptionalAccess,
                reads=Permission.BENEFICIARY_READ,
                file_route="beneficiary",
                working_on=lambda user: Q(coordinator=user),
            ),
        )
