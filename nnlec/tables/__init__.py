"""Plans: which columns of a table a command reads, and what it computes from them. No file, no format."""
