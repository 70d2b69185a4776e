"""The acts and the looks of this room, in words."""

VERBS = {
    "attendance_ticked": "Présence notée",
    "certificate_issued": "Attestation ou rapport établi",
    "certificate_revoked": "Attestation ou rapport annulé",
    "enrolment_absent_told": "Absence signalée à l’orienteur",
    "enrolment_asked": "Inscription sur la liste d’un groupe",
    "enrolment_began": "A commencé un groupe",
    "enrolment_cancelled": "Demande de groupe annulée",
    "enrolment_completed": "Groupe effectué",
    "enrolment_confirmed": "Présence au groupe confirmée",
    "enrolment_convened": "Convocation à un groupe",
    "enrolment_excused": "Absence excusée au groupe",
    "enrolment_extension_agreed": "Accord de l’orienteur au-delà de six mois",
    "enrolment_extension_asked": "Accord demandé à l’orienteur au-delà de six mois",
    "enrolment_missed": "Absence au groupe",
    "enrolment_moved_away": "Départ dans un autre département",
    "enrolment_postponed": "Report à la demande de la personne",
    "enrolment_reopened": "Demande de groupe reprise",
    "enrolment_returned": "Retour par la justice",
    "enrolment_withdrawn": "Convocation retirée",
    "kept_apart": "À ne pas convoquer avec une autre personne",
}
READS = {
    "attendance": "Émargement ouvert",
    "certificates": "Attestations d’un groupe",
    "course_waiting_list": "Liste d’attente d’un groupe",
    "enrolment": "Inscription à un groupe",
    "group": "Page d’un groupe",
    "proposal": "Proposition de convocation",
}
