"""How numbers are written, rounded and computed: no networks, no files."""
