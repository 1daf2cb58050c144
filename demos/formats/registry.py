"""Other people's formats: Minari data sets both ways, and plain arrays in an `.npz`."""

from pathlib import Path

from ...envs.errors import UsageError
from ..dataset import MINARI, Demonstrations
from .minari import export_minari, import_minari
from .npz import import_npz

__all__ = ["export_minari", "import_file", "import_minari", "import_npz"]


def import_file(source: str, env: str | None = None) -> Demonstrations:
    """Demonstrations from `minari:ID` or the path of an `.npz`.

    Args:
        source: where they are; what it begins or ends with says the format.
        env: name of the environment, which an `.npz` cannot say.

    Raises:
        UsageError: neither of the formats, or an `.npz` without its environment.
        DataError: missing, damaged or unfit data.
        EnvironmentFault: Minari is not installed.
    """
    if source.startswith(MINARI):
        return import_minari(source.removeprefix(MINARI), env)
    if Path(source).suffix != ".npz":
        raise UsageError(f"cannot tell the format of {source!r}; give minari:ID or a file ending in .npz")
    if env is None:
        raise UsageError(f"{source} cannot say its environment; name it")
    return import_npz(source, env)
