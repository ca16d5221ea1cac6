"""What was measured on: enough to compare figures by, nothing that names somebody's machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from pathlib import Path


def describe_machine() -> str:
    """Return processor, cores, system and Python in one line."""
    info = Path("/proc/cpuinfo")
    model = platform.processor() or platform.machine()
    if info.exists():
        text = info.read_text(encoding="utf-8")
        found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        model = found.group(1).strip() if found else model
    return (
        f"{model}, {len_of_affinity()} cores, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def len_of_affinity() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions(*names: str) -> str:
    """Return the versions of packages in one line."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
