"""The claims of gailforce.experiments.reports.report that only a browser can confirm."""

import json
import re
import shutil
import subprocess
from html import escape

import numpy as np
import pytest
from PIL import Image

from gailforce.experiments.reports.data import read_run
from gailforce.experiments.reports.page import POLICY
from gailforce.experiments.reports.report import write_comparison, write_report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(autouse=True)
def _a_browser():
    assert CHROMIUM, "these tests look at pages in Chromium; on Debian: apt-get install chromium"


# Looks around in a copy of the page without its policy, framed because Chromium's windows are never narrow.
PROBE = """<script>
addEventListener("load", async () => {
  const video = document.querySelector("video");
  if (video) for (let i = 0; i < 50 && !video.videoWidth; i++) await new Promise(go => setTimeout(go, 100));
  parent.document.body.dataset.seen = JSON.stringify({
    inner: innerWidth, content: document.documentElement.scrollWidth, video: video ? video.videoWidth : 0,
    shown: [...document.querySelectorAll("svg")].filter(svg => svg.getBoundingClientRect().width > 0).length,
  });
});
</script>"""


def chromium(tmp_path, page, *options, width=1200, height=3000):
    """Run headless Chromium on a page without any network; returns what it prints."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
        "--enable-logging=stderr", "--virtual-time-budget=8000", f"--window-size={width},{height}",
        *options, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def asked_for(tmp_path, page):
    """The addresses a page asks for (Chromium's own requests name no page as their initiator)."""
    log = tmp_path / "net.json"
    seen = chromium(tmp_path, page, "--dump-dom", f"--log-net-log={log}")
    events = [event.get("params") or {} for event in json.loads(log.read_text())["events"]]
    found = {event["url"] for event in events if event.get("initiator") == "null" and "url" in event}
    return seen, {url for url in found if not url.startswith("data:")}


def test_the_page_opens_in_a_browser_without_network_or_complaint(run_folder, tmp_path):
    seen, addresses = asked_for(tmp_path, write_report(run_folder))
    assert "The imitator reaches 0.99" in seen.stdout
    assert "CONSOLE" not in seen.stderr
    assert addresses == set()


def test_a_page_that_asks_for_something_would_be_noticed(tmp_path):
    page = tmp_path / "asking.html"
    page.write_text("<!doctype html><img src=http://example.com/a.png><script>console.log(1)</script>")
    seen, addresses = asked_for(tmp_path, page)
    assert addresses == {"http://example.com/a.png"}
    assert "CONSOLE" in seen.stderr


def seen_at(tmp_path, path, width):
    """What the probe finds in a page shown in a window of that width [px]."""
    page = path.read_text(encoding="utf-8")
    page = page.replace(f'content="{POLICY}"', 'content=""').replace("</body>", PROBE + "</body>")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<body><iframe width="{width}" height="900" frameborder="0" srcdoc="{escape(page)}"></iframe>'
    )
    dom = chromium(tmp_path, frame, "--dump-dom", width=1400).stdout
    seen = json.loads(re.search(r'data-seen="([^"]*)"', dom).group(1).replace("&quot;", '"'))
    assert seen["inner"] == width
    return seen


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_fits_its_window_and_plays_its_video(run_folder, tmp_path, width):
    seen = seen_at(tmp_path, write_report(run_folder), width)
    assert seen["content"] <= width
    assert seen["video"] == 240
    # Of each chart in two widths one is shown: dots, learning curve, and two of the discriminator.
    assert seen["shown"] == 4


def test_a_judged_page_with_long_names_fits_a_phone(run_folder, tmp_path):
    check = {"name": "W" * 60, "status": "unknown", "sentence": "x" * 90, "next": "`" + "y" * 90 + "`"}
    judged = {
        "verdict": "survives only",
        "sentence": "A sentence of many words that goes on and on " * 6,
        "confidence": {"sentence": "z" * 80, "value": 0.5, "low": 0.1, "high": 0.9, "n": 12},
        "resemblance": {"value": 12345.6, "low": 1234.5, "high": 123456.7, "n": 50},
        "trend": [[100_000, 1.5], [200_000, 0.5]],
        "checks": [check],
        "attribution": [{"dimension": "D" * 60, "share": 1.0}],
    }
    (run_folder / "verdict.json").write_text(json.dumps(judged))
    seen = seen_at(tmp_path, write_report(run_folder), 390)
    assert seen["content"] <= 390
    assert seen["shown"] == 5


@pytest.mark.parametrize("width", [390, 1200])
def test_a_comparison_fits_its_window(run_folder, written_run, fixture_result, tmp_path, width):
    environment = "a-folder-with-a-module/Environment-of-a-very-long-name-v5"
    # The widest table: with a column for the nearest checkpoint.
    agent = fixture_result["agent"] | {"kept": fixture_result["agent"]["exploring"]}
    changed = {"environment": environment, "seed": 7, "agent": agent}
    other = written_run(tmp_path / ("N" * 60), fixture_result | changed, [])
    runs = [read_run(run_folder), read_run(other)]
    seen = seen_at(tmp_path, write_comparison(runs, tmp_path / "comparison.html"), width)
    assert seen["content"] <= width
    # Dots and learning curves; single runs have no profile.
    assert seen["shown"] == 2


def test_a_comparison_opens_without_network_or_complaint(run_folder, tmp_path):
    page = write_comparison([read_run(run_folder)], tmp_path / "comparison.html")
    seen, addresses = asked_for(tmp_path, page)
    assert "1 run in 1 configuration" in seen.stdout
    assert "CONSOLE" not in seen.stderr
    assert addresses == set()


@pytest.mark.parametrize(("scheme", "paper"), [(0, (16, 19, 23)), (1, (255, 255, 255))])
def test_the_page_follows_the_readers_color_scheme(run_folder, tmp_path, scheme, paper):
    shot = tmp_path / "shot.png"
    options = (f"--screenshot={shot}", f"--blink-settings=preferredColorScheme={scheme}")
    chromium(tmp_path, write_report(run_folder), *options, width=800, height=600)
    picture = np.asarray(Image.open(shot).convert("RGB"))
    assert tuple(picture[5, 5]) == paper
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50
