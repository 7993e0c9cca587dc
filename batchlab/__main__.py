"""``python -m batchlab`` is the command ``batchlab``."""

from __future__ import annotations

from batchlab.cli import main

if __name__ == "__main__":
    main()
