"""What `make` runs on the way to a release; no part of the service."""
