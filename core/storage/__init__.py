"""How everything is stored: opening the database, writing much at once, bytes, and keeping it all safe."""
