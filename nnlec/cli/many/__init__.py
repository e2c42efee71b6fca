"""Many files, on many processors or machines: one pure function file -> file, and who runs it."""
