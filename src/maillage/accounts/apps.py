from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "maillage.accounts"
    label = "accounts"

    def trail_words(self) -> dict[str, str]:
        """How the verbs of this room are told."""
        return {
            "signed_in": "Connexion",
            "second_factor_refused": "Second facteur refusé",
            "factor_added": "Second facteur ajouté",
            "factor_removed": "Second facteur retiré",
            "recovery_codes_made": "Codes de secours faits",
            "factors_reset": "Seconds facteurs d’un compte effacés",
            "password_reset_opened": "Lien de nouveau mot de passe ouvert",  # nosec B105  # words
            "password_changed": "Mot de passe changé par son titulaire",  # nosec B105  # words
            "password_reset": "Mot de passe changé",  # nosec B105  # words
            "invitation_sent": "Invitation ouverte",
            "invitation_withdrawn": "Invitation retirée",
            "invitation_accepted": "Invitation acceptée",
            "membership_renewed": "Rattachement prolongé",
            "membership_ended": "Rattachement terminé",
            "session_ended": "Session fermée",
        }
