"""A laboratory for reading many files from GitHub: batch engine, embedded GitHub, studies."""

__version__ = "0.1.0"
