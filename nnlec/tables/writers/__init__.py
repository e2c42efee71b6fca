"""Tables out: one file for each family of formats."""
