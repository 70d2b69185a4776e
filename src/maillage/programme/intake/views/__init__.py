"""The pages by which a person arrives: search, referral, waiting list, decision."""
