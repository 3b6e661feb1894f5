"""Embedding Explorer: `python main.py --help`."""

import sys

from explorer.start import main

if __name__ == "__main__":
    sys.exit(main())
