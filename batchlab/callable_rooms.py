"""A package that bears the name of a function, such as `batchlab.runs`: calling the package calls the function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import signature
from types import ModuleType
from typing import Any


def answer_calls(room: str, function: Callable[..., Any]) -> None:
    """Let calls of a package be calls of a function in it.

    Importing ``batchlab.runs`` makes it an attribute of ``batchlab``, where ``batchlab.runs(folder)`` should be a
    function: the package has to be both.

    Parameters
    ----------
    room
        The package's full name; it is being imported.
    function
        What is called.
    """
    form = {"__call__": staticmethod(function), "__signature__": signature(function)}
    sys.modules[room].__class__ = type("CallableRoom", (ModuleType,), form)
