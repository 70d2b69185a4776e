from django.apps import AppConfig
from django.db.models import Q


class IntakeConfig(AppConfig):
    name = "maillage.programme.intake"
    label = "intake"

    def trail_words(self) -> dict[str, str]:
        """How what this room shows is told on the page of an account."""
        return {
            "assessment": "Page d’une évaluation",
            "duplicates": "Personnes qui se ressemblent",
            "identity": "Identité ouverte",
            "referral": "Orientation ouverte",
            "referrals": "Liste des orientations",
            "search": "Recherche",
            "waiting_list": "Liste d’attente",
        }

    def ready(self) -> None:
        from maillage.barriers.walls import Wall, raise_wall
        from maillage.network.roles import Permission, Side
        from maillage.programme.intake import models

        raise_wall(
            Side.PROGRAMME,
            Wall(
                files=models.Participant,
                barriers=models.Barrier,
                restrictions=models.Restriction,
                readers=models.NamedReader,
                accesses=models.ExceptionalAccess,
                reads=Permission.FILE_READ,
                file_route="file",
                working_on=lambda user: (
                    Q(episodes__referent=user) | Q(episodes__modules__practitioner=user)
                ),
            ),
        )
