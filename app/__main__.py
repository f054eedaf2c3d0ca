"""``python -m app``: the web application, and the commands that look after its data."""

import sys

from app.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
