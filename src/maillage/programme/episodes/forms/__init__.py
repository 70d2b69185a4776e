"""What people type about a follow-up, and what lists are narrowed to."""
