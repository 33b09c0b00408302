"""The guide below its doors: what is asked, how an amount is read, how answers are carried on a wish."""
