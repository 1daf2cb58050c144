"""Demonstrations in other formats: Minari data sets, read and written, and plain arrays in an `.npz`."""

from pathlib import Path

from ...envs.errors import UsageError
from ..dataset import MINARI, Demonstrations
from .minari import read_minari, write_minari
from .npz import import_npz

__all__ = ["export_minari", "import_file", "import_minari", "import_npz"]


def import_file(source: str, env: str | None = None) -> Demonstrations:
    """Demonstrations from `minari:ID` or the path of an `.npz`.

    Args:
        source: the prefix `minari:` or the suffix `.npz` selects the format.
        env: name of the environment, which an `.npz` does not store.

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
        raise UsageError(f"{source} does not store its environment; name it")
    return import_npz(source, env)


def import_minari(dataset_id: str, env: str | None = None) -> Demonstrations:
    """Demonstrations from a Minari data set on this machine; see `read_minari`."""
    return Demonstrations.imported(*read_minari(dataset_id, env), dataset_id)


def export_minari(demos: Demonstrations, dataset_id: str) -> None:
    """Write demonstrations as a new Minari data set on this machine; see `write_minari`.

    Raises:
        UsageError: the set is subsampled, or the id does not do.
        EnvironmentFault: Minari is not installed, or the disk refused; nothing is left behind.
    """
    write_minari(demos, demos.card, demos.name, dataset_id)
