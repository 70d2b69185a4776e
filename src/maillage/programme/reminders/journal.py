"""The acts and the looks of this room, in words."""

VERBS = {
    "contact_chosen": "Choix des rappels noté",
    "number_checked": "Numéro ou courriel vérifié",
    "reminder_sent": "Rappel de rendez-vous envoyé",
}
READS = {
    "contact_choice": "Choix des rappels ouvert",
    "reminders": "Liste des rappels de rendez-vous",
}
