"""The desk itself: messages, tickets, people and the one way in. Knows no protocol."""
