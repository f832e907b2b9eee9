"""What a ticket is about: text in, category and priority out."""
