"""The claims of gailforce.experiments.reports.comparison: several runs on one page."""

import json
import re
from html import unescape

import pytest

from gailforce.envs.errors import DataError, EnvironmentFault
from gailforce.experiments.cli.report import Report
from gailforce.experiments.reports.data import read_run
from gailforce.experiments.reports.groups import group_runs
from gailforce.experiments.reports.report import write_comparison


def alike(share):
    """Fifty episodes of one normalized score, where random earns 0 and the expert 1000."""
    interval = dict.fromkeys(("value", "low", "high"), share)
    return {"returns": [1000.0 * share] * 50, "normalized_score": {**interval, "n": 50}}


@pytest.fixture(scope="module")
def maker(written_run, fixture_result):
    """Makes a run whose normalized score is exact."""

    def make(folder, seed=0, share=0.99, **changes):
        config = {"seed": seed, "draw": seed, "gail": {"n_envs": 64}}
        made = fixture_result | {"seed": seed, "config": config} | changes
        made["agent"] = {"deterministic": alike(share), "exploring": alike(share)}
        made["controls"] = {"random": alike(0.0), "expert": alike(1.0), "constant": alike(0.3)}
        lines = [{"step": step, "eval/return_mean": share * step / 10} for step in (0, 5_000, 10_000)]
        return written_run(folder, made, lines, video=False)

    return make


@pytest.fixture
def some_run(maker, tmp_path):
    return lambda name, *values, **changes: maker(tmp_path / name, *values, **changes)


def seven_runs(maker, folder):
    """Two seeds of one configuration and five of another, which is better."""
    fewer = {"name": "hopper-expert", "episodes": 1}
    bad = [maker(folder / f"bad-{i}", i, share, demonstrations=fewer) for i, share in enumerate((0.1, 0.3))]
    return [
        *bad,
        *(maker(folder / f"good-{i}", i, share) for i, share in enumerate((0.9, 1.0, 0.2, 0.8, 1.0))),
    ]


@pytest.fixture
def runs(maker, tmp_path):
    return seven_runs(maker, tmp_path)


@pytest.fixture(scope="module")
def seven(maker, tmp_path_factory):
    """The page that compares the seven runs, in a folder beside theirs."""
    folder = tmp_path_factory.mktemp("seven")
    (folder / "pages").mkdir()
    return compared(seven_runs(maker, folder), folder / "pages" / "c.html")


def compared(folders, out):
    return write_comparison([read_run(f) for f in folders], out).read_text(encoding="utf-8")


def plain(html):
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", html)))


def test_runs_of_one_configuration_are_a_group_whatever_their_seed(runs):
    groups = group_runs([read_run(folder) for folder in runs])
    assert [(g.letter, g.name, len(g.runs)) for g in groups] == [
        ("A", "4 demonstrations", 5),
        ("B", "1 demonstration", 2),
    ]
    assert [run.result.seed for run in groups[0].runs] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "Walker2d-v5"},
        {"reward_model": "constant"},
        {"steps": 20_000},
        {"demonstrations": {"name": "mine", "episodes": 4}},
        {"config": {"gail": {"n_envs": 8}}},
        {"config": {"subsample": 20, "gail": {"n_envs": 64}}},
        {"horizon": "fixed"},
    ],
)
def test_whatever_may_change_a_score_makes_another_group_and_names_it(some_run, change):
    folders = [some_run("a"), some_run("b", seed=1, **change)]
    groups = group_runs([read_run(folder) for folder in folders])
    assert len(groups) == 2
    assert len({group.name for group in groups}) == 2


def test_settings_that_differ_name_the_groups_that_look_alike(some_run):
    folders = [some_run(str(n), config={"gail": {"ppo": {"epochs": n}}}) for n in (5, 10)]
    names = {group.name for group in group_runs([read_run(folder) for folder in folders])}
    assert names == {"GAIL (gan), epochs 5", "GAIL (gan), epochs 10"}


def test_without_a_configuration_in_the_result_that_of_the_folder_counts(some_run):
    folders = [some_run(str(i), seed=i, config=None) for i in range(3)]
    for i, folder in enumerate(folders):
        (folder / "config.toml").write_text(f"seed = {i}\n[gail]\nn_envs = {64 if i else 8}\n")
    assert sorted(len(g.runs) for g in group_runs([read_run(f) for f in folders])) == [1, 2]


def test_mean_iqm_and_worst_stand_with_interval_and_number_of_runs(seven):
    sums = [plain(row).strip() for row in re.findall('<tr class="sum">(.*?)</tr>', seven)]
    # The IQM of five leaves out one at each end: (0.8 + 0.9 + 1.0) / 3.
    found = [re.match(r"(.*?) (0\.\d+)( \[.*?\] \d)?", row).groups() for row in sums]
    assert [(name, float(value)) for name, value, _ in found] == [
        ("mean of 5 runs", 0.78),
        ("IQM of 5 runs", 0.9),
        ("worst, seed 2", 0.2),
        ("mean and IQM of 2 runs", 0.2),
        ("worst, seed 0", 0.1),
    ]
    assert re.search(r"IQM of 5 runs 0\.9\d* \[0\.[2-6]\d*, 1\.0\d*\] 5", plain(seven))


def test_every_run_has_a_row_with_its_scores_and_a_link_to_its_page(seven):
    links = re.findall(r'<a href="([^"]*)">seed (\d)</a>', seven)
    assert links == [(f"../good-{i}/report.html", str(i)) for i in range(5)] + [
        (f"../bad-{i}/report.html", str(i)) for i in range(2)
    ]
    row = plain(seven[seven.index("good-2/report.html") :].split("</tr>")[0])
    for text in ("not judged", "by reward: failed", "0.2", "50", "200 [200, 200]", "0.3", "3 min 32 s"):
        assert text in row


def test_a_verdict_stands_in_its_runs_row(runs, tmp_path):
    (runs[-1] / "verdict.json").write_text(json.dumps({"verdict": "survives only", "sentence": "It stands."}))
    html = compared(runs, tmp_path / "c.html")
    assert html.count('<span class="verdict survives-only">survives only</span>') == 1
    assert html.count("not judged") == 6


def test_the_profile_gives_the_share_of_runs_above_a_score(seven):
    text = plain(seven)
    # Of 0.9, 1.0, 0.2, 0.8 and 1.0 two are above 0.9.
    assert re.search(r"A 4 demonstrations 0\.40 \[0\.00, 0\.80\] of 5 runs above 0\.9", text)
    assert re.search(r"B 1 demonstration 0\.00 \[0\.00, 0\.00\] of 2 runs above 0\.9", text)


def test_the_probability_that_one_beats_the_next_stands_with_interval_and_n(seven):
    text = plain(seven)
    # Only the seed of 0.2 loses, to the 0.3 of the other: 9 of 10 pairs.
    assert re.search(r"A over B 0\.90 \[0\.\d\d, 1\.00\], N = 7 runs", text)


def test_learning_curves_are_drawn_thin_for_runs_and_strong_for_their_mean(seven):
    chart = re.search(
        r'<svg[^>]*aria-label="normalized score against steps: ([^"]*)".*?</svg>', seven, re.DOTALL
    )
    # The mean of 0.9, 1.0, 0.2, 0.8 and 1.0 at the end.
    assert chart.group(1) == "A ends at 0.78; B ends at 0.20."
    assert chart.group(0).count('class="line thin"') == 7
    assert chart.group(0).count('class="line"') == 2
    assert chart.group(0).count("<polygon") == 2


def test_a_single_run_gets_neither_interval_nor_profile(some_run, tmp_path):
    folders = [some_run("a", share=0.7), some_run("b", share=0.9, steps=5)]
    text = plain(compared(folders, tmp_path / "c.html"))
    assert "0.90 of a single run, without an interval" in text
    assert "One run alone has no profile: A, B." in text
    assert "over" not in text[text.index("Side by side") : text.index("Every run")].split("bar its")[0]


def test_an_order_whose_intervals_overlap_is_called_open(some_run, tmp_path):
    apart = [some_run(f"high-{i}", i, share, steps=1) for i, share in enumerate((0.9, 1.0))]
    low = [some_run(f"low-{i}", i, share, steps=2) for i, share in enumerate((0.1, 0.2))]
    assert "no other interval reaches its own" in plain(compared([*apart, *low], tmp_path / "c.html"))
    low.append(some_run("near", 2, 1.0, steps=2))
    text = plain(compared([*apart, *low], tmp_path / "c.html"))
    assert "the interval of B overlaps its own, so that order is open" in text


def test_several_intervals_overlap_in_the_plural(some_run, tmp_path):
    folders = [
        some_run(f"{share}-{i}", i, share + i / 10, steps=int(100 * share))
        for share in (0.8, 0.78, 0.76)
        for i in (0, 1)
    ]
    text = plain(compared(folders, tmp_path / "c.html"))
    assert "the intervals of B and C overlap its own, so that order is open" in text


def test_the_nearest_checkpoints_have_a_column_where_one_is_scored(seven, some_run, tmp_path):
    assert "Nearest score" not in seven
    folders = [some_run(name, seed) for seed, name in enumerate(("with", "without", "with too"))]
    for folder, share in ((folders[0], 0.5), (folders[2], 0.7)):
        found = json.loads((folder / "result.json").read_text())
        found["agent"]["kept"] = alike(share)
        (folder / "result.json").write_text(json.dumps(found))
    html = compared(folders, tmp_path / "c.html")
    assert "checkpoint nearest to the demonstrations" in plain(html)
    cells = re.findall('<td data-label="Nearest score">(.*?)</td>', html)
    assert [plain(cell).split()[0] for cell in cells] == ["0.500", "0.700", "0.600"]
    # The mean is of two runs of the three.
    assert "N = 2" in plain(cells[2])
    rows = re.findall('<tr(?: class="sum")?><td>.*?</tr>', html)
    assert {row.count("<td") for row in rows} == {html.count('<th scope="col">')}


def test_runs_of_one_seed_twice_are_said_not_to_be_independent(some_run, tmp_path):
    folders = [some_run("a", seed=3), some_run("b", seed=3)]
    assert "More than one run of seed 3" in plain(compared(folders, tmp_path / "c.html"))


def test_runs_without_a_scale_are_listed_and_named_where_they_cannot_be_drawn(some_run, tmp_path):
    folder = some_run("a")
    found = json.loads((folder / "result.json").read_text())
    found["controls"]["expert"] = {"missing": "no rewards"}
    found["agent"]["deterministic"]["normalized_score"] = None
    (folder / "result.json").write_text(json.dumps(found))
    text = plain(compared([folder], tmp_path / "c.html"))
    assert "no run has a scale, so nothing can be ranked" in text
    assert "No learning curve with a scale was recorded." in text
    both = plain(compared([folder, some_run("b", seed=1)], tmp_path / "c.html"))
    assert "Without a curve or a scale, not drawn: a." in both


def test_hostile_names_stay_text_and_links_stay_links(some_run, tmp_path):
    hostile = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
    config = {"gail": {hostile: hostile}}
    demos = {"name": hostile, "episodes": 1}
    folder = some_run('a "b" <c>#?', hostile, environment=hostile, method=hostile, config=config)
    other = some_run("other", hostile, environment=hostile, method=hostile, demonstrations=demos)
    html = write_comparison([read_run(folder), read_run(other)], tmp_path / "c.html", [hostile]).read_text()
    assert "<script" not in html
    assert "<img" not in html
    assert not set("\x1b\u202e") & set(html)
    assert 'href="a%20%22b%22%20%3Cc%3E%23%3F/report.html"' in html


def test_a_page_without_videos_is_light_and_refers_to_nothing_but_the_runs_pages(seven):
    assert len(seven) < 150_000
    links = re.findall(r'(?:src|href)="([^"]*)"', seven)
    assert all(link.startswith("data:") or link.endswith("/report.html") for link in links)
    assert not re.search(r"url\(|@import|<script|<iframe|<object", seven)


def test_the_verb_writes_every_page_and_the_comparison_beside_the_runs(runs, tmp_path):
    runs = runs[:3]
    pages = Report(tuple(runs)).run()
    assert pages.reports == tuple(folder / "report.html" for folder in runs)
    assert pages.comparison == tmp_path / "comparison.html"
    assert all((folder / "report.html").is_file() for folder in runs)
    assert "comparison.html" in Report(()).describe(pages)
    assert "exit_code" not in pages.to_json()


def test_a_run_that_cannot_be_read_is_named_and_costs_the_others_nothing(runs, tmp_path, capsys):
    runs = runs[:3]
    (runs[0] / "result.json").unlink()
    (runs[1] / "result.json").write_text('{"agent": {"determ')
    missing = tmp_path / "nowhere"
    pages = Report((*runs, missing), out=tmp_path / "c.html").run()
    assert len(pages.reports) == 1
    assert pages.exit_code == DataError.exit_code
    text = plain((tmp_path / "c.html").read_text())
    for words in ("bad-0/result.json is missing", "bad-1/result.json holds no results", "no run folder at"):
        assert words in text
        assert words in capsys.readouterr().err or words in "".join(map(str, pages.faults))
    with pytest.raises(DataError, match="no run folder at"):
        Report((missing,)).run()
    nothing = Report((missing, runs[0])).run()
    assert (nothing.reports, nothing.exit_code, len(nothing.faults)) == ((), DataError.exit_code, 2)


def test_a_page_that_cannot_be_written_costs_the_others_nothing(runs, tmp_path):
    (runs[0] / "report.html").mkdir()
    pages = Report((runs[0], runs[1])).run()
    assert pages.reports == (runs[1] / "report.html",)
    assert pages.exit_code == EnvironmentFault.exit_code
    assert (tmp_path / "comparison.html").is_file()


def test_one_run_named_twice_is_one_run(runs):
    pages = Report((runs[0], runs[0])).run()
    assert pages.to_json() == {"reports": [str(runs[0] / "report.html")]}


def test_films_that_cannot_be_made_cost_no_report(run_folder):
    pages = Report((run_folder,), films=True).run()
    assert (run_folder / "report.html").is_file()
    assert pages.exit_code
    assert pages.reports
