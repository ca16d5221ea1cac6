"""Whether services stay reasonably local when delivery points move or close, and for whom not."""

from __future__ import annotations

__version__ = "0.1.0"
