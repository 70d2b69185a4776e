"""The acts of this room, in words; nobody is looked at: answers are nobody's."""

VERBS = {
    "codes_made": "Codes de questionnaire préparés",
    "questionnaire_exported": "Questionnaire exporté",
    "questionnaire_written": "Questionnaire écrit",
    "sheet_answered": "Réponses reçues d’une tablette",
    "sheet_typed": "Réponses sur papier saisies",
}
