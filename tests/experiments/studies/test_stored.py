"""Stored results are measured once for their settings."""

import json
from dataclasses import dataclass

from gailforce.experiments.studies.stored import grouped, read_folder, write_once


@dataclass(frozen=True)
class Length:
    meters: float

    def to_json(self):
        return {"meters": self.meters}


def test_a_result_is_measured_once_for_its_settings(tmp_path):
    path = tmp_path / "a.json"
    assert write_once(path, {"steps": (1, 2)}, lambda: Length(3.0)) == Length(3.0)
    assert write_once(path, {"steps": (1, 2)}, lambda: 1 / 0) is None
    assert write_once(path, {"steps": (1, 3)}, lambda: Length(4.0)) == Length(4.0)
    stored = json.loads(path.read_text())
    assert (stored["meters"], stored["settings"]) == (4.0, {"steps": [1, 3]})


def test_a_folder_is_read_by_file_name(tmp_path):
    for name, meters in (("b", 2.0), ("a", 1.0)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"meters": meters}))
    assert read_folder(tmp_path, lambda plain: Length(**plain)) == [Length(1.0), Length(2.0)]


def test_groups_keep_the_order_of_their_results():
    assert grouped([3, 1, 4, 1, 5], lambda n: n % 2) == {1: [3, 1, 1, 5], 0: [4]}
