"""The pages of the single counter."""
