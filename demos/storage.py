"""Verified files: an uncompressed zip of tensors, JSON and SHA-256 digests, written atomically.

A plain safetensors or torch file loads a flipped bit without an error, and a file written in place is lost
if the writer is killed. This format detects the first and survives the second.
"""

import hashlib
import io
import json
import math
import os
import stat
import struct
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as tensors_from_bytes
from safetensors.numpy import save as bytes_from_tensors

from ..envs.errors import DataError, EnvironmentFault
from .durable import write_durably

FORMAT = "gailforce archive"
FORMAT_VERSION = 1
TENSORS, META, MANIFEST = "tensors.safetensors", "meta.json", "manifest.json"
# Largest size of a file and of its content [bytes].
MAX_BYTES = 2 * 1024**3
WIDTHS = (8, 16, 32, 64)  # [bit]
DTYPES = {"bool", "float16", "float32", "float64", *(f"{sign}int{w}" for sign in ("", "u") for w in WIDTHS)}
# Exceptions of zipfile on forged and damaged headers.
ZIP_FAULTS = (
    zipfile.BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)


def save_archive(
    path: str | os.PathLike[str], tensors: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> None:
    """Write tensors and JSON data to one file; equal content gives equal bytes.

    The write is atomic: after any fault an existing file at `path` is unchanged.

    Args:
        path: the file; its folder is created if needed.
        tensors: arrays of numbers or truth values by name, finite unless named in `meta["unchecked"]`.
        meta: JSON values, without NaN and infinity.

    Raises:
        DataError: the content cannot be stored without loss.
        EnvironmentFault: the disk refused (full, read-only, failing).
    """
    target = Path(path)
    packed = _pack_tensors(tensors, target, _unchecked(meta, target))
    members = {TENSORS: packed, META: _pack_json(meta, target)}
    digests = {name: {"bytes": len(data), "sha256": _digest(data)} for name, data in members.items()}
    manifest = {"format": FORMAT, "version": FORMAT_VERSION, "members": digests}
    content = _zip({**members, MANIFEST: _pack_json(manifest, target)})
    if len(content) > MAX_BYTES:
        raise DataError(
            f"{target} would take {len(content):,} bytes of at most {MAX_BYTES:,}; save less in one"
        )
    write_durably(target, content)


def load_archive(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read and verify a file of `save_archive`; its content is neither executed nor unpickled.

    Raises:
        DataError: the file is missing, damaged, of another kind, or of a newer format.
        EnvironmentFault: the disk could not be read.
    """
    source = Path(path)
    members = _unzip(_read(source), source)
    _check_manifest(_parse_json(members.pop(MANIFEST), MANIFEST, source), members, source)
    meta = _parse_json(members[META], META, source)
    try:
        # Sorted, since safetensors shuffles; copied, so that the arrays are writable and aligned.
        items = sorted(tensors_from_bytes(members[TENSORS]).items())
        tensors = {name: np.array(value) for name, value in items}
    except (SafetensorError, KeyError, ValueError, TypeError) as fault:
        raise _damaged(source, f"{TENSORS} does not parse ({fault})") from fault
    _check_finite(tensors, _unchecked(meta, source), source)
    return tensors, meta


def _read(source: Path) -> bytes:
    try:
        status = os.stat(source)
        content = source.read_bytes() if _readable(status) else None
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise DataError(f"no file {source}; check the path") from fault
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        raise EnvironmentFault(f"could not read {source}: {fault}; check its permissions") from fault
    if content is None:
        raise _damaged(source, f"it is not a plain file of at most {MAX_BYTES:,} bytes")
    return content


def _readable(status: os.stat_result) -> bool:
    """Whether it is a regular file of allowed size: a pipe would block, a huge file would fill memory."""
    return stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)  # dated 1980: equal content gives equal bytes
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def _unzip(content: bytes, source: Path) -> dict[str, bytes]:
    """The three members, after a check of their headers."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content), source)
            return {entry.filename: archive.read(entry) for entry in entries}
    except DataError:
        raise
    except ZIP_FAULTS as fault:
        raise _damaged(source, str(fault) or type(fault).__name__) from fault


def _check_entries(entries: Collection[zipfile.ZipInfo], available: int, source: Path) -> None:
    names = sorted(entry.filename for entry in entries)
    if names != sorted((TENSORS, META, MANIFEST)):
        raise _damaged(source, f"its members are {names[:6]}")
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise _damaged(source, f"{entry.filename} is not a plain file")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise _damaged(source, f"{entry.filename} is compressed")
    if sum(entry.file_size for entry in entries) > available:
        raise _damaged(source, "its members claim more bytes than the file has")


def _check_manifest(manifest: Mapping[str, Any], members: Mapping[str, bytes], source: Path) -> None:
    if manifest.get("format") != FORMAT:
        raise _damaged(source, f"{MANIFEST} does not say {FORMAT!r}")
    version = manifest.get("version")
    if version != FORMAT_VERSION:
        raise DataError(
            f"{source} has format {version!r}, not {FORMAT_VERSION}; upgrade gailforce to read it"
        )
    actual = {name: {"bytes": len(data), "sha256": _digest(data)} for name, data in members.items()}
    if manifest.get("members") != actual:
        raise _damaged(source, f"its content differs from the digests in {MANIFEST}")


def _pack_tensors(tensors: Mapping[str, np.ndarray], target: Path, unchecked: Collection[str]) -> bytes:
    arrays = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise DataError(f"{target}: {name!r} has dtype {array.dtype}; store numbers or truth values")
    _check_finite(arrays, unchecked, target)
    return bytes_from_tensors(arrays)


def _check_finite(tensors: Mapping[str, np.ndarray], unchecked: Collection[str], path: Path) -> None:
    for name, array in tensors.items():
        if name in unchecked or array.dtype.kind != "f":
            continue
        bad = array.size - int(np.isfinite(array).sum())
        if bad:
            share = f"{bad} of {array.size} values"
            raise DataError(f"{path}: {share} of {name!r} are NaN or infinite; repair or leave them out")


def _unchecked(meta: Mapping[str, Any], path: Path) -> list[str]:
    names = meta.get("unchecked", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path}: meta['unchecked'] must be a list of tensor names, got {names!r}")
    return names


def _pack_json(value: Mapping[str, Any], target: Path) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, sort_keys=True, indent=1).encode()
    except (TypeError, ValueError, RecursionError) as fault:
        raise DataError(
            f"{target}: meta is not JSON ({fault}); use text, numbers, lists and dicts"
        ) from fault


def _parse_json(data: bytes, member: str, source: Path) -> dict[str, Any]:
    try:
        value = json.loads(
            data, parse_constant=_refuse_constant, parse_float=_finite_float, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as fault:
        raise _damaged(source, f"{member} does not parse ({fault})") from fault
    if not isinstance(value, dict):
        raise _damaged(source, f"{member} is not a JSON object")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a key appears twice")
    return fields


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(source: Path, fault: str) -> DataError:
    return DataError(f"{source} is damaged or not a gailforce file: {fault}; fetch or record it again")
