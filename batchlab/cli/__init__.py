"""The command line: reads options, calls the library, prints. It decides nothing about reading or comparing."""

from batchlab.cli.application import main

__all__ = ["main"]
