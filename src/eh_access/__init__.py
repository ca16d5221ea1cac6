"""Check whether services stay reasonably local when delivery points move, and for whom not.

Every public name can be had from here: ``from eh_access import load_study, run_study``. Each is
loaded when it is first asked for, so that importing the package costs next to nothing; the names
and where each lives stand in ``__init__.pyi`` alone.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
