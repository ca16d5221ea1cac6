"""The version, where every layer can read it without reaching for the whole package."""

from __future__ import annotations

__version__ = "0.1.0"
