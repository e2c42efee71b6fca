"""numpy as `np`, loaded when an array is asked for: a worked example is done in decimals and needs none.

Only modules that a worked example imports take it from here; it costs nothing once it is loaded.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _Numpy(ModuleType):
        """Takes over every name of numpy when it is first asked for one."""

        def __getattr__(self, name: str) -> object:
            import numpy

            self.__dict__.update(vars(numpy))
            return getattr(numpy, name)

    np = sys.modules.get("numpy") or _Numpy("numpy")
