"""Other people's wire formats, each prescribed by a document, over the same core: one module or package for each."""
