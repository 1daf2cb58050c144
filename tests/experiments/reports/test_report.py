"""The claims of gailforce.experiments.reports.report and of the sections it is made of."""

import json
import re
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gailforce.envs.errors import DataError, EnvironmentFault
from gailforce.experiments.reports.controls import seed_ranges
from gailforce.experiments.reports.data import read_run
from gailforce.experiments.reports.headline import headline
from gailforce.experiments.reports.page import POLICY, duration
from gailforce.experiments.reports.report import write_report


def change(folder, edit):
    """Rewrite a run's result.json."""
    path = folder / "result.json"
    result = json.loads(path.read_text())
    edit(result)
    path.write_text(json.dumps(result))
    return folder


def scored(mean, low, high):
    return {"returns": [mean] * 50, "normalized_score": {"value": mean, "low": low, "high": high, "n": 50}}


def page(folder):
    return write_report(folder).read_text(encoding="utf-8")


def heading(html):
    return re.search("<h1>(.*?)</h1>", html).group(1)


def test_the_report_stands_in_the_run_folder_or_where_asked(run_folder, tmp_path):
    assert write_report(run_folder) == run_folder / "report.html"
    assert write_report(run_folder, tmp_path / "other.html").is_file()
    assert not list(run_folder.glob("*.part"))


def test_the_headline_says_how_near_the_expert_and_how_sure(run_folder):
    normalized_score = json.loads((run_folder / "result.json").read_text())["agent"]["deterministic"][
        "normalized_score"
    ]
    interval = f"{normalized_score['low']:.3f} to {normalized_score['high']:.3f}"
    reached = f"{normalized_score['value']:.3f} of the expert"
    expected = f"The imitator reaches {reached} (95 % interval {interval}, 50 episodes)"
    html = page(run_folder)
    assert heading(html) == expected
    assert "Behavior cloning of the same demonstrations reaches 0.1" in html
    assert "a constant reward reaches 0.30" in html


@pytest.mark.parametrize(
    ("agent", "constant", "verdict", "words"),
    [
        ((0.99, 0.98, 0.995), 0.3, "reached", "The imitator reaches 0.99 of the expert"),
        ((0.92, 0.85, 0.97), 0.3, "in part", "succeeded in part: 0.92 of the expert"),
        ((0.45, 0.40, 0.50), 0.3, "failed", "failed: it reaches 0.45 of the expert"),
        ((0.31, 0.25, 0.40), 0.3, "failed", "reaches 0.31 of the expert"),
        ((0.62, 0.25, 0.95), 0.3, "not shown", "reaches 0.62 of the expert"),
        ((0.01, -0.05, 0.08), 0.3, "failed", "no better than random: 0.01 of the expert"),
    ],
)
def test_the_outcome_follows_interval_and_constant_reward(run_folder, agent, constant, verdict, words):
    def edit(result):
        result["agent"]["deterministic"] = scored(*agent)
        result["controls"]["constant"] = scored(constant, constant, constant)

    found = headline(read_run(change(run_folder, edit)).scores)
    assert found.outcome == verdict
    assert words in found.sentence
    assert ("no evidence of imitation" in found.lede) == (0 < agent[1] <= constant)


def test_without_a_constant_reward_the_report_says_what_that_leaves_open(run_folder):
    html = page(change(run_folder, lambda result: result["controls"].pop("constant")))
    assert "Not measured: a constant reward." in html
    assert "cannot be told from merely surviving" in html


def test_without_an_expert_there_is_no_scale_but_a_return(run_folder):
    def edit(result):
        del result["controls"]["expert"]
        result["agent"]["deterministic"]["normalized_score"] = None

    html = page(change(run_folder, edit))
    assert heading(html).startswith("The imitator&#x27;s mean return is 3,29")
    assert "no return is known of the expert" in html


def test_without_any_return_the_report_says_why(run_folder):
    def edit(result):
        result["agent"] = {"deterministic": {"missing": "This environment pays no reward."}}

    html = page(change(run_folder, edit))
    assert heading(html) == "This imitator has no score: no return of it is known"
    assert "This environment pays no reward." in html


def test_a_normalized_score_that_is_not_in_the_file_is_worked_out_from_the_references(run_folder):
    before = read_run(run_folder).scores["deterministic"].normalized_score
    change(run_folder, lambda result: result["agent"]["deterministic"].pop("normalized_score"))
    after = read_run(run_folder).scores["deterministic"].normalized_score
    assert after is not None
    assert after.value == pytest.approx(before.value, abs=2e-3)
    assert after.n == 50


def test_every_control_stands_in_the_table_with_its_source_seeds_and_number(run_folder):
    html = page(run_folder)
    table = html[html.index("<table>") : html.index("</table>")]
    for name in ("Expert", "Imitator, deterministic", "Imitator, exploring", "Behavior cloning", "Constant"):
        assert name in table
    assert table.count('data-label="Seeds">1000 to 1049') == 6
    assert table.count('data-label="Episodes">50') == 6
    plain = re.sub("<[^>]+>", "", table)
    assert "the same learner paid a constant reward for 1,500,000 steps" in plain


def test_the_nearest_checkpoint_has_a_row_where_it_was_scored_and_none_elsewhere(run_folder):
    assert "nearest step" not in page(run_folder)
    kept = scored(0.5, 0.4, 0.6) | {"source": "the checkpoint nearest to the demonstrations, step 700"}
    html = page(change(run_folder, lambda result: result["agent"].update(kept=kept)))
    table = re.sub("<[^>]+>", " ", html[html.index("<table>") : html.index("</table>")])
    places = [table.index(f"Imitator, {name}") for name in ("deterministic", "exploring", "nearest step")]
    assert places == sorted(places)
    assert "nearest to the demonstrations, step 700" in table


def test_a_missing_control_says_why_and_which_command_makes_it(run_folder):
    entry = {"missing": "Not trained; `gailforce imitate hopper --controls full` trains it."}
    html = page(change(run_folder, lambda result: result["controls"].update(constant=entry)))
    assert "Not trained; <code><span>gailforce</span>" in html
    assert "not measured" in html


@pytest.mark.parametrize(
    ("gone", "sentence"),
    [
        ("metrics.jsonl", "No evaluation of the return was recorded"),
        ("metrics.jsonl", "Nothing was recorded of the discriminator"),
        ("config.toml", "config.toml is missing"),
        ("command.txt", "command.txt is missing"),
        ("videos", "This run has no video"),
    ],
)
def test_a_missing_piece_becomes_a_sentence(run_folder, gone, sentence):
    path = run_folder / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert sentence in page(run_folder)


def test_half_a_line_of_metrics_is_left_out_and_counted(run_folder):
    with (run_folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 1500000, "eval/retu')
    html = page(run_folder)
    assert "1 line of metrics.jsonl could not be read" in html
    assert "eval/retu" not in html


def test_half_a_video_is_named_and_not_embedded(run_folder):
    (run_folder / "videos" / "torn.mp4").write_bytes(b"\0" * 100)
    html = page(run_folder)
    assert "not a whole mp4: torn.mp4" in html
    assert html.count("<video") == 1


def test_no_run_or_no_result_is_a_data_error_with_the_next_step(run_folder, tmp_path):
    with pytest.raises(DataError, match="no run folder at"):
        write_report(tmp_path / "nothing")
    (run_folder / "result.json").unlink()
    with pytest.raises(DataError, match=r"result\.json is missing.*gailforce resume"):
        write_report(run_folder)


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", "[" * 100_000, "\x00\xff"])
def test_a_damaged_result_is_a_data_error(run_folder, content):
    (run_folder / "result.json").write_text(content)
    with pytest.raises(DataError, match=r"result\.json"):
        write_report(run_folder)


def test_a_run_that_imitates_nobody_is_refused(run_folder):
    with pytest.raises(DataError, match="kind 'expert'; reports are made of runs of `imitate`"):
        write_report(change(run_folder, lambda result: result.update(kind="expert")))


def test_a_report_that_cannot_be_written_leaves_the_earlier_one(run_folder, monkeypatch):
    before = page(run_folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        write_report(run_folder)
    assert (run_folder / "report.html").read_text() == before
    assert not list(run_folder.glob("*.part"))


def test_hostile_text_stays_text(run_folder):
    hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e\ud800"

    def edit(result):
        result.update(environment=hostile, method=hostile, versions={hostile: hostile}, seed=hostile)
        result["demonstrations"].update(name=hostile, sha256=hostile)
        result["agent"]["exploring"] = {"missing": hostile}
        result["controls"]["bc"]["source"] = hostile

    change(run_folder, edit)
    (run_folder / "command.txt").write_text(hostile, errors="replace")
    (run_folder / "config.toml").write_text(hostile, errors="replace")
    (run_folder / "videos" / "<b onclick=x>.mp4").write_bytes(b"torn")
    html = page(run_folder)
    assert "<script" not in html
    assert "<img" not in html
    assert "<b " not in html
    assert not set("\x1b\u202e\ud800") & set(html)


def test_the_page_refers_to_nothing_outside_itself(run_folder):
    html = page(run_folder)
    assert f'content="{POLICY}"' in html
    assert "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'" in POLICY
    assert all(link.startswith("data:") for link in re.findall(r'(?:src|href)="([^"]*)"', html))
    assert not re.search(r"url\(|@import|<script|<iframe|<object", html)
    assert set(re.findall(r"https?://[^\"<' ]+", html)) == {"http://www.w3.org/2000/svg"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
keys = ("environment", "method", "demonstrations", "steps", "seconds", "steps_per_second", "versions")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_result_whatever_brings_a_traceback(tmp_path, data):
    parts = ("returns", "normalized_score", "lengths", "seeds", "source", "missing")
    score = st.fixed_dictionaries({}, optional={key: json_values for key in parts})
    numbers = st.fixed_dictionaries({"returns": st.lists(st.floats(allow_nan=False), max_size=4)})
    scores = st.dictionaries(
        st.sampled_from(["deterministic", "exploring", "kept", "random", "bc", "constant", "expert"]),
        numbers | score,
    )
    result = data.draw(st.fixed_dictionaries({}, optional={k: json_values for k in keys}))
    result |= {"agent": data.draw(scores | json_values), "controls": data.draw(scores | json_values)}
    names = ("step", "eval/return_mean", "eval/return_low", "discriminator/expert_logit")
    metric = st.fixed_dictionaries({}, optional={k: st.floats() | json_values for k in names})
    lines = data.draw(st.lists(metric, max_size=5))
    (tmp_path / "result.json").write_text(json.dumps(result))
    (tmp_path / "metrics.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    assert "<h1>" in page(tmp_path)


def test_seeds_are_written_as_ranges():
    assert seed_ranges([7, 102, 100, 101]) == "7, 100 to 102"
    assert seed_ranges([]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(9.84, "9.8 s"), (48.2, "48 s"), (130.0, "2 min 10 s"), (3900.0, "1 h 05 min")]
)
def test_durations_are_written_for_people(seconds, text):
    assert duration(seconds) == text
