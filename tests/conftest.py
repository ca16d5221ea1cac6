"""Shared settings: tests/ on the path for the shared toys, and how hard Hypothesis tries."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # the toys are imported as `from toys import ...`
    sys.path.insert(0, HERE)

# compiling on first call makes the first example slow, so time limits would only mislead
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
