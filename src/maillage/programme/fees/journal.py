"""The acts and the looks of this room, in words."""

VERBS = {
    "cash_book_exported": "Livre de caisse exporté",
    "fee_opened": "Participation financière demandée",
    "fee_entry_cancelled": "Écriture de caisse annulée",
    "fee_paid": "Paiement reçu",
    "fee_refunded": "Remboursement",
    "fee_waived": "Remise accordée",
}
READS = {
    "fee": "Participation financière ouverte",
    "arrears": "Impayés listés",
    "cash_book": "Livre de caisse",
    "cash_book_export": "Export du livre de caisse",
}
