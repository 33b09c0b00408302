"""SMS at the edge: what a gateway does for us, and the one that we can speak to."""
