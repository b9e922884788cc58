"""Other programs let in: device codes, and passwords of their own."""
