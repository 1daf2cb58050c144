"""The claims of gailforce.experiments.reports.verdict: the judgement without reward on a run's page."""

import json
import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gailforce.experiments.reports.data import RunRecord
from gailforce.experiments.reports.headline import Headline
from gailforce.experiments.reports.report import write_report
from gailforce.experiments.reports.verdict import disagreement, judged_without_reward, judgement
from gailforce.experiments.scoring.run_result import RunResult
from gailforce.experiments.scoring.statistics import Estimate
from gailforce.experiments.verdict.verdict import WORDS, Check, Confidence, Verdict, read_verdict


def verdict(word="imitates"):
    """A verdict.json as `gailforce verdict` writes it, of generated numbers."""
    return Verdict(
        word,
        "It moves like the expert",
        Confidence("Sure, for four episodes.", Estimate(0.9, 0.8, 1.0, 7)),
        Estimate(0.11, 0.07, 0.16, 50),
        trend=((200_000, 0.4), (100_000, 1.2), (300_000, 0.11)),
        checks=(
            Check("Exploring", "pass", "No loss.", "never shown"),
            Check("Hacking", "fail", "Pay up.", "try `--steps 2`"),
            Check("survival", "warn", "no constant", "gailforce verdict X"),
        ),
        attribution=(("knee", 0.25), ("hip", 0.75)),
        demonstrations="hopper-expert",
        command="gailforce verdict RUN",
    ).to_json()


def judged(folder, content):
    """The page of a run whose verdict.json holds that."""
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "verdict.json").write_text(text)
    return write_report(folder).read_text(encoding="utf-8")


def plain(html):
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", html)))


def test_the_verdict_stands_first_and_the_returns_second(run_folder):
    html = judged(run_folder, verdict())
    assert re.search("<h1>(.*?)</h1>", html).group(1) == "It moves like the expert"
    header = html[html.index("<header>") : html.index("</header>")]
    parts = [
        '<span class="verdict imitates">imitates</span>',
        "It moves like the expert",
        "Sure, for four episodes. 0.90 [0.80, 1.00], N = 7",
        "Score against the expert, by the true reward, which the verdict does not read",
        "The imitator reaches 0.99",
        "0.11",
    ]
    assert sorted(parts, key=header.index) == parts
    assert "[0.07, 0.16]\nN = 50" in header
    assert "disagree" not in html


def test_checks_stand_with_status_sentence_and_next_step_the_worst_first(run_folder):
    html = judged(run_folder, verdict())
    found = re.findall(r'class="status (\w+)">\w+</span><div><p><span class="name">(\w+)\.', html)
    assert found == [("fail", "Hacking"), ("warn", "Survival"), ("pass", "Exploring")]
    assert "3 checks: 1 pass, 1 warn, 1 fail." in html
    assert "Try next: try --steps 2" in plain(html)
    assert "Survival. No constant. Try next: gailforce verdict X" in plain(html)
    # Nothing has to be tried where a check passed.
    assert "never shown" not in html


def test_the_distances_trend_is_drawn_by_step_and_the_attribution_as_bars(run_folder):
    html = judged(run_folder, verdict())
    assert "Distance from the expert, from 1.20 to 0.11 at the end." in html
    bars = re.findall(r'<dt>(\w+)</dt><dd><span style="width:([\d.]+)%"></span>(\d+) %</dd>', html)
    assert bars == [("hip", "100.0", "75"), ("knee", "33.3", "25")]


def test_many_dimensions_are_added_up_in_a_last_bar(run_folder):
    shares = [{"dimension": f"d{i}", "share": 0.1} for i in range(10)]
    html = judged(run_folder, verdict() | {"attribution": shares})
    assert "<dt>d7</dt>" in html
    assert "<dt>d8</dt>" not in html
    # A bar for all of them would outgrow the largest.
    assert '<dt>2 others</dt><dd><span style="width:0.0%"></span>20 %' in html


def test_without_a_verdict_one_line_says_what_makes_it(run_folder):
    html = write_report(run_folder).read_text()
    assert "Not judged without the reward yet: gailforce verdict RUN does it." in plain(html)
    assert "Judged without the reward" not in html


@pytest.mark.parametrize(
    "content", ["", '{"verdict": "imit', "[]", "null", '{"verdict": "superb"}', "[" * 99_999]
)
def test_half_a_verdict_is_a_sentence_and_the_rest_of_the_page_stands(run_folder, content):
    text = plain(judged(run_folder, content))
    assert re.search(r"verdict\.json (could not be read|holds no verdict).*gailforce verdict RUN", text)
    assert "The imitator reaches 0.99" in text


def test_parts_that_a_verdict_lacks_are_named(run_folder):
    found = verdict()
    del found["checks"], found["trend"]
    assert "verdict.json does not hold: trend, checks." in plain(judged(run_folder, found))


@pytest.mark.parametrize(
    ("word", "by_reward", "words"),
    [
        ("imitates", "reached", ""),
        ("survives only", "failed", ""),
        ("failed", "not shown", ""),
        ("cannot tell", "failed", ""),
        ("imitates", "not scored", ""),
        ("imitates", "failed", "looks more like the expert than it earns"),
        ("partly", "not shown", "looks more like the expert than it earns"),
        ("failed", "reached", "earns more than it looks like the expert"),
        ("survives only", "in part", "earns more than it looks like the expert"),
    ],
)
def test_disagreement_is_said_and_what_it_means(word, by_reward, words):
    assert words in disagreement(word, by_reward)
    assert bool(disagreement(word, by_reward)) == bool(words)


def test_a_page_says_plainly_that_the_two_verdicts_disagree(run_folder):
    text = plain(judged(run_folder, verdict("survives only")))
    assert "The two disagree: the verdict is “survives only”, the score against the expert “reached”." in text


def test_hostile_text_in_a_verdict_stays_text(run_folder):
    hostile = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
    entry = {"name": hostile, "status": hostile, "sentence": hostile, "next": hostile}
    change = {
        "sentence": hostile,
        "confidence": {"sentence": hostile},
        "checks": [entry],
        "attribution": [{"dimension": hostile, "share": 1.0}],
    }
    html = judged(run_folder, verdict() | change)
    assert "<script" not in html
    assert "<img" not in html
    assert 'class="status unknown"' in html
    assert not set("\x1b\u202e") & set(html)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.sampled_from(WORDS), data=st.data())
def test_no_verdict_whatever_brings_a_traceback(run_folder, word, data):
    parts = ("confidence", "resemblance", "trend", "checks", "attribution")
    pairs = st.lists(st.lists(st.floats() | st.integers(), max_size=3), max_size=3)
    shares = st.lists(st.fixed_dictionaries({"dimension": st.just("hip"), "share": st.floats()}), max_size=3)
    found = data.draw(st.fixed_dictionaries({}, optional={p: json_values | pairs | shares for p in parts}))
    path = run_folder / "verdict.json"
    path.write_text(json.dumps({"verdict": word, "sentence": "x"} | found))
    read, fault = read_verdict(path)
    assert not fault
    assert "<h1>x</h1>" in judged_without_reward(read, Headline("reached", "y"))
    assert "reads no reward" in judgement(RunRecord(run_folder, RunResult("imitation"), {}, verdict=read))


def test_a_missing_verdict_is_no_fault(tmp_path):
    assert read_verdict(tmp_path / "verdict.json") == (None, "")
