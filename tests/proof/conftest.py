"""The extensions beside these tests are imported as modules of somebody's own project would be: by their names."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
