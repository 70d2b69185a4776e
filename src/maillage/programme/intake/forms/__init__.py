"""What people type about a person and a referral; a form cleans it and calls nothing."""
