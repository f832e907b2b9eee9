"""Running the desk: its commands, its log, and what is wrong with an installation."""
