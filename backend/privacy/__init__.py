"""What is kept of a person, who sees it, and the person's rights (docs/privacy.md)."""
