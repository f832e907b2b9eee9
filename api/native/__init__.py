"""Our own API under /api/v1: a table of routes, shapes of what comes in, views of what goes out, and handlers."""
