"""The compiled extension, or an error that says how to come by it."""

from __future__ import annotations

try:
    import gaussmix._native as native
except ModuleNotFoundError as error:
    if error.name != "gaussmix._native":
        raise
    raise ImportError(
        "the compiled extension gaussmix._native is missing: install gaussmix where there is a C++ compiler "
        "(python -m pip install . in its folder)"
    ) from error

__all__ = ["native"]
