"""Contract `healthcare`: its routes (`table`), words, shapes, views and sentences, and the handlers of each path."""
