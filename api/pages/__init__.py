"""The public pages for people: the status of a ticket, and what is said when there is nothing to show."""
