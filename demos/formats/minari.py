"""Minari data sets, read and written without running anything a file names.

Minari's own `recover_environment` calls whatever function a file asks for and its ids may lead out of its
folder; so ids are checked first, and an environment is only looked up by its id among the registered ones.
"""

import json
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...envs.errors import DataError, EnvironmentFault, UsageError
from ...envs.registry import env_id as registered_id
from ...envs.registry import find_body
from ..card import Card
from ..storage import MAX_BYTES
from ..trajectory import Trajectory

# Parts of letters, digits, - and _ that begin with a letter or digit, then a version.
MINARI_ID = re.compile(r"(?:[A-Za-z0-9][\w-]*/)*[A-Za-z0-9][\w-]*-v\d+", re.ASCII)
# Where an exported episode keeps qpos and qvel, for which Minari has no place of its own.
STATES = "qpos_qvel"
# What h5py and Minari raise on damaged and unfit files.
READ_FAULTS = (OSError, LookupError, ValueError, TypeError, AssertionError, AttributeError, RuntimeError)


def read_minari(dataset_id: str, env: str | None = None) -> tuple[list[Trajectory], Card]:
    """Episodes and card of a Minari data set on this machine.

    Args:
        dataset_id: as in `mujoco/hopper/expert-v0`.
        env: name of the environment, for a data set that does not name it.

    Raises:
        UsageError: the id is malformed or leads out of Minari's folder, or the environment is unknown.
        DataError: there is no such data set, or it is damaged or not one of flat arrays.
        EnvironmentFault: Minari is not installed.
    """
    folder = _minari_folder(dataset_id)
    metadata = _minari_metadata(folder / "data", dataset_id)
    identifier = registered_id(env) if env else _minari_env_id(metadata, dataset_id)
    try:
        episodes = list(_minari_episodes(folder / "data", identifier))
    except READ_FAULTS as fault:
        raise DataError(f"Minari's {dataset_id} could not be read: {fault}; download it again") from fault
    card = Card(
        env_id=identifier,
        maker=_text(metadata.get("author")) or "unknown",
        command=f"minari:{dataset_id}",
        versions={"minari": _text(metadata.get("minari_version"))},
        notes=_text(metadata.get("description")),
    )
    return episodes, card


def write_minari(episodes: Iterable[Trajectory], card: Card, name: str, dataset_id: str) -> None:
    """Write episodes as a new Minari data set on this machine.

    Unknown rewards become NaN. States are kept as the info `qpos_qvel`.

    Raises:
        UsageError: the id is malformed or taken, or leads out of Minari's folder.
        EnvironmentFault: Minari is not installed, or the disk refused; nothing is left behind.
    """
    folder = _minari_folder(dataset_id)
    if folder.exists():
        raise UsageError(f"Minari already has {dataset_id}; choose another name or version")
    import minari
    from minari.data_collector.episode_buffer import EpisodeBuffer

    # Arrays where Minari declares lists: it stores them as they are.
    buffers = [EpisodeBuffer(id=i, **_buffer(t)) for i, t in enumerate(episodes)]
    description = card.notes or f"exported by gailforce from {name or 'a set'}"
    author = {card.maker or "unknown"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Minari asks for addresses and links we do not have
            minari.create_dataset_from_buffers(
                dataset_id, buffers, env=registered_id(card.env_id), author=author, description=description
            )
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(fault, OSError):
            raise EnvironmentFault(
                f"could not write {folder}: {fault}; check the disk and try again"
            ) from fault
        raise


def _minari_folder(dataset_id: str) -> Path:
    """The folder of a data set, after a check that the id stays inside Minari's folder."""
    if not MINARI_ID.fullmatch(dataset_id):
        raise UsageError(f"{dataset_id!r} is not a Minari id; write it like mujoco/hopper/expert-v0")
    if find_spec("minari") is None or find_spec("h5py") is None:
        raise EnvironmentFault("Minari data sets need an extra; run: pip install 'gailforce[data]'")
    from minari.storage.datasets_root_dir import get_dataset_path

    root, folder = get_dataset_path().resolve(), Path(get_dataset_path(dataset_id)).resolve()
    if root not in folder.parents:
        raise UsageError(f"{dataset_id!r} leads out of Minari's folder {root}; use an id inside it")
    return folder


def _minari_metadata(data: Path, dataset_id: str) -> dict[str, Any]:
    """Metadata that names flat spaces: without them Minari would build the environment the file names."""
    try:
        metadata = json.loads((data / "metadata.json").read_bytes())
        spaces = [json.loads(metadata[f"{role}_space"]) for role in ("observation", "action")]
        flat = all(space["type"] == "Box" and len(space["shape"]) == 1 for space in spaces)
    except (FileNotFoundError, NotADirectoryError) as fault:
        step = f"get it by `minari download {dataset_id}`"
        raise DataError(f"there is no Minari data set {dataset_id} on this machine; {step}") from fault
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as fault:
        raise DataError(
            f"the metadata of Minari's {dataset_id} is damaged ({fault}); get it again"
        ) from fault
    if not flat or metadata.get("data_format") != "hdf5":
        raise DataError(f"Minari's {dataset_id} does not hold flat Box spaces in hdf5; choose one that does")
    return metadata


def _minari_env_id(metadata: Mapping[str, Any], dataset_id: str) -> str:
    try:
        name = json.loads(metadata["env_spec"])["id"]
    except (KeyError, TypeError, ValueError, RecursionError) as fault:
        raise DataError(f"Minari's {dataset_id} does not name its environment; name it yourself") from fault
    return registered_id(str(name))


def _minari_episodes(data: Path, identifier: str) -> Iterator[Trajectory]:
    from minari.dataset.minari_storage import MinariStorage

    _refuse_bombs(data / "main_data.hdf5")
    storage = MinariStorage.read(data)
    body = find_body(identifier)
    indices = range(storage.total_episodes)
    for episode, about in zip(
        storage.get_episodes(indices), storage.get_episode_metadata(indices), strict=True
    ):
        states = np.asarray((episode["infos"] or {}).get(STATES, ()))
        states_fit = body is not None and states.shape == (len(episode["observations"]), body.nq + body.nv)
        yield Trajectory(
            obs=episode["observations"],
            actions=episode["actions"],
            terminated=bool(episode["terminations"][-1]),
            truncated=bool(episode["truncations"][-1]),
            seed=about.get("seed"),
            states=states if states_fit else None,
            rewards=None if np.isnan(episode["rewards"]).all() else episode["rewards"],  # see write_minari
        )


def _refuse_bombs(path: Path) -> None:
    """Refuse arrays that unpack to more than the limit or that lie in another file."""
    import h5py

    arrays: list[h5py.Dataset] = []
    with h5py.File(path, "r") as file:
        file.visititems(lambda _, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None)
        size = sum(array.nbytes for array in arrays)
        if size > MAX_BYTES or any(array.external or array.is_virtual for array in arrays):
            raise ValueError(
                f"its arrays take {size:,} bytes of at most {MAX_BYTES:,}, or lie outside its file"
            )


def _text(value: object) -> str:
    """Metadata as text, whatever the file has there."""
    if isinstance(value, list | tuple | set):
        return ", ".join(sorted(str(item) for item in value))
    return "" if value is None else str(value)


def _buffer(trajectory: Trajectory) -> dict[str, Any]:
    ends = {"terminations": trajectory.terminated, "truncations": trajectory.truncated}
    flags = {name: np.append(np.zeros(len(trajectory) - 1, bool), flag) for name, flag in ends.items()}
    unknown_rewards = np.full(len(trajectory), np.nan)
    return {
        "seed": trajectory.seed,
        "observations": trajectory.obs,
        "actions": trajectory.actions,
        "rewards": unknown_rewards if trajectory.rewards is None else trajectory.rewards,
        "infos": None if trajectory.states is None else {STATES: trajectory.states},
        **flags,
    }
