"""Errors that a user can cause, each with the exit code of the command."""

import difflib
from collections.abc import Iterable


class GailforceError(Exception):
    """Base class of the errors that the command shows as one line instead of a traceback."""

    exit_code = 1


class UsageError(GailforceError, ValueError):
    """An unknown name, an invalid argument, or arguments that do not fit together."""

    exit_code = 2


class DataError(GailforceError, ValueError):
    """A file or a set of demonstrations that is missing, damaged or for another task."""

    exit_code = 3


class EnvironmentFault(GailforceError, RuntimeError):
    """The machine lacks something: OpenGL, disk space, an optional package."""

    exit_code = 4


class NumericalError(GailforceError, ArithmeticError):
    """A value became NaN or infinite during training."""

    exit_code = 5


def unknown(kind: str, name: str, choices: Iterable[str]) -> UsageError:
    """The error for an unknown name; its message lists the valid names and the nearest one."""
    valid = sorted(choices)
    nearest = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return UsageError(f'no {kind} "{name}"; there are: {", ".join(valid)}{hint}')
