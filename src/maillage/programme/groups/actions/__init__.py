"""Everything that changes an offer, a group, an enrolment or an attendance."""
