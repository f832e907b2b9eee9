"""What chats need beyond tickets: who speaks there, how far the dialogue is, and what is to be said."""
