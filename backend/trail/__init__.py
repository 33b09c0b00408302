"""The chain over the trail's entries: sealing, heads kept elsewhere, verifying, the file of one case."""
