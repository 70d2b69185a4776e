"""What an action answers when it cannot be done; both carry a French sentence for the user."""


class Refused(Exception):
    """The act is allowed but what was given does not hold; `field` names the faulty one."""

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field


class Stale(Exception):
    """Somebody else changed the record since the form was opened; nothing was written."""

    def __init__(self, message: str = ""):
        self.message = message or (
            "Quelqu’un d’autre a modifié ce dossier pendant que vous l’aviez ouvert. Rien n’a été "
            "enregistré : relisez ce qui a changé, puis confirmez votre saisie."
        )
        super().__init__(self.message)
