"""The chat channel. The customer's and the agents' dialogue lives here."""
