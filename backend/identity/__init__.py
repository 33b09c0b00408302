"""People, staff accounts and sessions."""
