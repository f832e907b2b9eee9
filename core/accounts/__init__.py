"""Who can sign in, and what proves it."""
