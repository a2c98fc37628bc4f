"""``python -m headrace ...``: the same as the command ``headrace``."""

import sys

from headrace._command import main

sys.exit(main())
