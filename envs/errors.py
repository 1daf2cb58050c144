"""Every fault a user can cause, with the exit code the command answers it with."""

import difflib
from collections.abc import Iterable


class GailforceError(Exception):
    """Root of the errors that are shown as one line instead of a traceback."""

    exit_code = 1


class UsageError(GailforceError, ValueError):
    """A name, an argument or a combination of them that cannot be meant."""

    exit_code = 2


class DataError(GailforceError, ValueError):
    """A file or a set of demonstrations that is missing, damaged or of another task."""

    exit_code = 3


class EnvironmentFault(GailforceError, RuntimeError):
    """The machine lacks something: OpenGL, disk space, an optional package."""

    exit_code = 4


class NumericalError(GailforceError, ArithmeticError):
    """A value stopped being finite during training."""

    exit_code = 5


def unknown(kind: str, name: str, choices: Iterable[str]) -> UsageError:
    """The error for a name that does not exist: lists the valid ones and the nearest."""
    known = sorted(choices)
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return UsageError(f'no {kind} "{name}"; there are: {", ".join(known)}{hint}')
