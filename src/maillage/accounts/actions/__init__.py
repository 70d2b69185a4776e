"""What changes in one's own account, and in those one answers for."""
