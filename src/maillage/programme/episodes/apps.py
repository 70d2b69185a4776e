from django.apps import AppConfig


class EpisodesConfig(AppConfig):
    name = "maillage.programme.episodes"
    label = "episodes"

    def trail_words(self) -> dict[str, str]:
        """How the verbs and the reads of this side are told on the page of an account."""
        from maillage.programme.episodes.reading.journal import PROTECTION, VERBS

        return {
            **VERBS,
            **PROTECTION,
            "file": "Dossier ouvert",
            "file_trail": "Journal consulté",
            "today": "Page du jour",
            "files": "Liste des dossiers",
            "decision": "Page d’une décision",
            "report_cell": "Dossiers derrière un chiffre",
        }
