"""Ways in for mail, form and files, and the way out for mail."""
