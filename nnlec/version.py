"""The one place the version is written; imports nothing, so a build reads it without the package."""

__version__ = "0.1.0"
