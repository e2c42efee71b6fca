"""Exact numbers -> blocks of a document, in the lecture's notation: every symbol is chosen here, no format is."""
