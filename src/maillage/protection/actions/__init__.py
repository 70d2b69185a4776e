"""Every erasure, hold, request and answer: one transaction, one trail entry."""
