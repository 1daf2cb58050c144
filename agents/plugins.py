"""Modules of the user's own, imported before names are looked up: so the command knows their families."""

import importlib
import os

from ..envs.errors import UsageError

# Names of modules on Python's path, separated by commas; a grid's processes on this machine inherit it.
VARIABLE = "GAILFORCE_MODULES"


def import_modules() -> None:
    """Import what the variable names; a module registers its families with `gailforce.register_reward`.

    Raises:
        UsageError: a module that cannot be imported.
    """
    for name in filter(None, os.environ.get(VARIABLE, "").split(",")):
        try:
            importlib.import_module(name.strip())
        except Exception as fault:  # whatever a module of the user's own raises
            raise UsageError(
                f"{VARIABLE} names the module {name.strip()}, which cannot be imported "
                f"({type(fault).__name__}: {fault}); mend it, put its folder into PYTHONPATH, or take it out"
            ) from fault
