import hashlib
import io
import json
import os
import pickle
import random
import stat
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save as bytes_from_tensors

from gailforce.demos import storage
from gailforce.demos.storage import load_archive, save_archive
from gailforce.envs.errors import DataError, EnvironmentFault

TENSORS = {
    "floats": np.linspace(0, 1, 21).reshape(7, 3),
    "narrow": np.arange(4, dtype=np.float32),
    "counts": np.arange(5),
    "flag": np.array(True),
    "none": np.zeros((0, 3)),
}
META = {"kind": "sample", "words": ["é", None, 2.5], "deep": {"a": [1, {"b": False}]}}


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "sample.gfd"
    save_archive(path, TENSORS, META)
    return path


def assert_same(restored, expected):
    assert list(restored) == sorted(expected)
    for name, array in restored.items():
        assert array.dtype == expected[name].dtype
        np.testing.assert_array_equal(array, expected[name])


def forge(path, members, **entries):
    """An archive whose digests are right, whatever its members hold."""
    digests = {n: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for n, d in members.items()}
    manifest = {"format": storage.FORMAT, "version": storage.FORMAT_VERSION, "members": digests, **entries}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(storage.MANIFEST, json.dumps(manifest))
    return path


def forged_meta(path, text):
    return forge(path, {storage.TENSORS: bytes_from_tensors(TENSORS), storage.META: text})


def test_what_is_saved_comes_back(sample):
    tensors, meta = load_archive(sample)
    assert_same(tensors, TENSORS)
    assert meta == META
    assert all(array.flags.writeable for array in tensors.values())


def test_any_layout_in_memory_is_saved_faithfully(tmp_path):
    square = np.arange(12.0).reshape(3, 4)
    awkward = {"columns": np.asfortranarray(square), "strided": square[:, ::2], "backwards": square[::-1]}
    save_archive(tmp_path / "x", {**awkward, "big_endian": square.astype(">f8")}, {})
    assert_same(load_archive(tmp_path / "x")[0], {**awkward, "big_endian": square})


def test_equal_content_gives_equal_bytes(sample, tmp_path):
    save_archive(tmp_path / "again", dict(reversed(TENSORS.items())), dict(reversed(META.items())))
    assert (tmp_path / "again").read_bytes() == sample.read_bytes()


def test_every_flipped_bit_is_noticed_or_harmless(sample, tmp_path):
    content, rng = sample.read_bytes(), random.Random(0)
    refused = 0
    for bit in rng.sample(range(8 * len(content)), 600):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        (tmp_path / "flipped").write_bytes(flipped)
        try:
            tensors, meta = load_archive(tmp_path / "flipped")
        except DataError:
            refused += 1
            continue
        assert_same(tensors, TENSORS)
        assert meta == META
    assert refused > 400


def test_every_truncation_is_refused(sample, tmp_path):
    content = sample.read_bytes()
    for length in range(len(content)):
        (tmp_path / "cut").write_bytes(content[:length])
        with pytest.raises(DataError, match="damaged"):
            load_archive(tmp_path / "cut")


def test_digests_notice_what_the_checksums_of_zip_do_not(sample, tmp_path):
    with zipfile.ZipFile(sample) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[storage.TENSORS] = members[storage.TENSORS][:-1] + b"\x00"
    with zipfile.ZipFile(tmp_path / "swapped", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(DataError, match="differs from the digests"):
        load_archive(tmp_path / "swapped")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_both_ways_unless_unchecked(tmp_path, value):
    tensors = {"a": np.array([1.0, value])}
    with pytest.raises(DataError, match="1 of 2 values of 'a' are NaN or infinite"):
        save_archive(tmp_path / "x", tensors, {})
    assert not os.listdir(tmp_path)
    forge(tmp_path / "x", {storage.TENSORS: bytes_from_tensors(tensors), storage.META: b"{}"})
    with pytest.raises(DataError, match="NaN or infinite"):
        load_archive(tmp_path / "x")
    save_archive(tmp_path / "x", tensors, {"unchecked": ["a"]})
    assert_same(load_archive(tmp_path / "x")[0], tensors)


@pytest.mark.parametrize("meta", [{"a": float("nan")}, {"a": {1, 2}}, {"a": np.arange(2)}, {"a": b"bytes"}])
def test_what_json_cannot_hold_is_refused(tmp_path, meta):
    with pytest.raises(DataError, match="not JSON"):
        save_archive(tmp_path / "x", {}, meta)


@pytest.mark.parametrize(
    "array", [np.array(["text"]), np.array([None]), np.zeros(2, complex), np.zeros(2, "M8[s]")]
)
def test_tensors_that_are_not_numbers_are_refused(tmp_path, array):
    with pytest.raises(DataError, match="has dtype"):
        save_archive(tmp_path / "x", {"a": array}, {})


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\xff"}',
        b'{"unchecked": "floats"}',
        b'{"unchecked": [1]}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_hostile_json_is_refused(tmp_path, text):
    with pytest.raises(DataError):
        load_archive(forged_meta(tmp_path / "x", text))


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_another_format_version_asks_for_an_upgrade(tmp_path, version):
    forge(tmp_path / "x", {storage.TENSORS: bytes_from_tensors({}), storage.META: b"{}"}, version=version)
    with pytest.raises(DataError, match="upgrade gailforce"):
        load_archive(tmp_path / "x")


def test_a_zip_of_another_program_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.arange(3))
    with pytest.raises(DataError, match="not a gailforce file"):
        load_archive(tmp_path / "x.npz")
    forge(tmp_path / "x", {storage.TENSORS: bytes_from_tensors({}), storage.META: b"{}"}, format="other")
    with pytest.raises(DataError, match="does not say"):
        load_archive(tmp_path / "x")


@pytest.mark.parametrize(
    "header", [b"", b"\xff" * 16, (2**60).to_bytes(8, "little") + b"{}", b"\x02" + b"\0" * 9]
)
def test_hostile_tensor_headers_are_refused(tmp_path, header):
    forge(tmp_path / "x", {storage.TENSORS: header, storage.META: b"{}"})
    with pytest.raises(DataError, match="does not parse"):
        load_archive(tmp_path / "x")


def test_tensors_of_a_dtype_numpy_lacks_are_refused(tmp_path):
    head = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    data = len(head).to_bytes(8, "little") + head + b"\0\0"
    forge(tmp_path / "x", {storage.TENSORS: data, storage.META: b"{}"})
    with pytest.raises(DataError, match="does not parse"):
        load_archive(tmp_path / "x")


@pytest.mark.parametrize("name", ["extra", "../evil", "/etc/evil", "meta.json/", "..\\evil"])
def test_unknown_members_are_refused_and_nothing_is_written(tmp_path, name):
    folder = tmp_path / "inner"
    folder.mkdir()
    members = {storage.TENSORS: bytes_from_tensors({}), storage.META: b"{}", name: b"evil"}
    with pytest.raises(DataError, match="its members are"):
        load_archive(forge(folder / "x", members))
    assert os.listdir(tmp_path) == ["inner"]
    assert os.listdir(folder) == ["x"]


def test_missing_members_are_refused(tmp_path):
    with pytest.raises(DataError, match="its members are"):
        load_archive(forge(tmp_path / "x", {storage.META: b"{}"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_members_are_refused(sample):
    with zipfile.ZipFile(sample, "a") as archive:
        archive.writestr(storage.META, b"{}")
    with pytest.raises(DataError, match="its members are"):
        load_archive(sample)


def test_compressed_members_are_refused_before_they_unpack(sample, tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (storage.TENSORS, storage.META, storage.MANIFEST):
            archive.writestr(name, bytes(50_000_000))
    (tmp_path / "bomb").write_bytes(bomb.getvalue())
    with pytest.raises(DataError, match="is compressed"):
        load_archive(tmp_path / "bomb")


def test_links_inside_the_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        for name in (storage.TENSORS, storage.META, storage.MANIFEST):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, b"/etc/hostname")
    with pytest.raises(DataError, match="not a plain file"):
        load_archive(tmp_path / "x")


def test_members_that_claim_more_than_the_file_has_are_refused(sample, tmp_path):
    # Three central entries that share one body: each size is right, their sum is too large.
    body = bytes(1000)
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr(storage.TENSORS, body)
        first = archive.filelist[0]
        for name in (storage.META, storage.MANIFEST):
            entry = zipfile.ZipInfo(name)
            entry.header_offset, entry.CRC = first.header_offset, first.CRC
            entry.file_size = entry.compress_size = first.file_size
            archive.filelist.append(entry)
            archive.NameToInfo[name] = entry
    with pytest.raises(DataError, match="claim more bytes"):
        load_archive(tmp_path / "x")


def test_files_over_the_limit_are_neither_written_nor_opened(sample, monkeypatch):
    monkeypatch.setattr(storage, "MAX_BYTES", 1000)
    before = sample.read_bytes()
    with pytest.raises(DataError, match="at most 1,000 bytes"):
        load_archive(sample)
    with pytest.raises(DataError, match="of at most 1,000"):
        save_archive(sample, {"a": np.zeros(1000)}, {})
    assert sample.read_bytes() == before


def test_pickles_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    trap = pickle.dumps(Trap())
    (tmp_path / "x").write_bytes(trap)
    forge(tmp_path / "y", {storage.TENSORS: trap, storage.META: b"{}"})
    for name in "xy":
        with pytest.raises(DataError, match="damaged"):
            load_archive(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_missing_files_folders_and_pipes_are_told_apart_from_damage(tmp_path):
    with pytest.raises(DataError, match=r"no file .*nowhere"):
        load_archive(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no file"):
        load_archive(tmp_path / "nowhere" / "file")
    with pytest.raises(DataError, match="not a plain file"):
        load_archive(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="not a plain file"):
        load_archive(tmp_path / "pipe")


def test_a_disk_that_cannot_be_read_is_the_machines_fault(sample, monkeypatch):
    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storage.Path, "read_bytes", fail)
    with pytest.raises(EnvironmentFault, match="could not read"):
        load_archive(sample)
