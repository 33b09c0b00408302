"""The desk behind the bot: versions of its entries, what it could not answer, and people who answer themselves."""
