"""The judgement of tickets in a desk: its rules, what people decided, and what follows from it."""
