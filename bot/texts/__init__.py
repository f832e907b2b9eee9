"""Everything the bot says: one file for each language, the same sentences in each."""
