"""Every write on a follow-up: one transaction, one trail entry."""
