"""The pages of a follow-up."""
