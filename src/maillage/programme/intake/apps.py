from django.apps import AppConfig


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
