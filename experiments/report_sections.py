"""The sections of a report that need no chart: its opening, the key figures, the videos, the origin."""

import base64
from pathlib import Path

from .markup import element, escaped, number
from .report_data import RunRecord, Score, real, section
from .report_headline import FAILED, REACHED, Headline
from .report_page import block, code, duration, missing, paragraph, size
from .scales import compact

# Videos are embedded up to this size in all [bytes]; a page of more is slow to open.
MOST_VIDEO = 64_000_000


def opening(run: RunRecord, head: Headline) -> str:
    """The verdict, its sentence and what puts it into proportion."""
    demos = section(run.result, "demonstrations")
    episodes, steps = real(demos.get("episodes")), real(run.result.get("steps"))
    facts = [
        run.result.get("environment"),
        run.result.get("method"),
        f"{episodes:.0f} demonstration{'s' * (episodes != 1)}" if episodes else None,
        f"{compact(steps)} steps" if steps else None,
    ]
    verdict = element("span", escaped(head.verdict), class_=f"verdict {head.verdict.replace(' ', '-')}")
    spans = [verdict, *(element("span", escaped(fact)) for fact in facts if fact)]
    lede = element("p", escaped(head.lede), class_="lede") if head.lede else ""
    return element("p", "".join(spans), class_="eyebrow") + element("h1", escaped(head.sentence)) + lede


def key_figures(run: RunRecord) -> str:
    """The handful of numbers a reader looks for first; those unknown are left out."""
    deterministic, exploring = run.scores["deterministic"], run.scores["exploring"]
    tiles = [
        _nr_tile(deterministic, "of the expert"),
        _nr_tile(exploring, "of the expert, exploring"),
        _return_tile(deterministic, run.scores["expert"]),
        *_cost_tiles(run),
    ]
    return element("dl", "".join(tiles), class_="figures") if any(tiles) else ""


def videos(run: RunRecord) -> str:
    """The run's videos, embedded."""
    body, left, room = [], [], MOST_VIDEO
    for path in run.videos:
        content = _bytes(path, room)
        # Every mp4 names its type at byte 4; the half file of a killed run may not.
        if content[4:8] != b"ftyp":
            left.append(path.name)
            continue
        room -= len(content)
        body.append(_video(path.name, content))
    if left:
        body.append(missing(f"Not embedded, because too large or not a whole mp4: {', '.join(left)}."))
    if not run.videos:
        body.append(missing("This run has no video. `gailforce video RUN --beside expert` makes one."))
    return block("See it", "".join(body))


def origin(run: RunRecord) -> str:
    """How this was made: command, facts, versions, configuration."""
    command = element("pre", code(run.command)) if run.command else missing("command.txt is missing.")
    config = missing("config.toml is missing.")
    if run.config.strip():
        config = element("summary", "Configuration, every value") + element("pre", escaped(run.config))
        config = element("details", config)
    judged = (
        f"NR = (return - random) / (expert - random). The verdict says reached where its interval lies above "
        f"{REACHED:g}, failed where NR is below {FAILED:g}, withheld where a constant reward does as well."
    )
    faults = "".join(missing(fault) for fault in run.faults)
    return block("How this was made", command + _facts(run) + config + faults + paragraph(judged))


def _nr_tile(score: Score, label: str) -> str:
    if score.nr is None:
        return ""
    nr = score.nr
    value, low, high = (number(v, nr.decimals) for v in (nr.value, nr.low, nr.high))
    return _tile(value, label, f"[{low}, {high}], N = {nr.n}")


def _return_tile(agent: Score, expert: Score) -> str:
    if agent.estimate is None:
        return ""
    aside = "expert not known"
    if expert.estimate is not None:
        aside = f"expert {number(expert.estimate.value, expert.estimate.decimals)}"
    return _tile(number(agent.estimate.value, agent.estimate.decimals), "mean return", aside)


def _cost_tiles(run: RunRecord) -> list[str]:
    seconds = real(section(run.result, "seconds").get("training"))
    speed = real(run.result.get("steps_per_second"))
    rate = f"{number(speed)} steps a second" if speed else ""
    return [_tile(duration(seconds), "of training", rate)] if seconds else []


def _tile(value: str, label: str, aside: str) -> str:
    return element(
        "div",
        element("dt", escaped(label))
        + element("dd", escaped(value), class_="value")
        + (element("dd", escaped(aside), class_="aside") if aside else ""),
    )


def _bytes(path: Path, most: int) -> bytes:
    """A file's bytes; none where it is larger than `most` or cannot be read."""
    try:
        return path.read_bytes() if path.stat().st_size <= most else b""
    except OSError:
        return b""


def _video(name: str, content: bytes) -> str:
    source = f"data:video/mp4;base64,{base64.b64encode(content).decode('ascii')}"
    player = element("video", src=source, controls=True, muted=True, loop=True, playsinline=True)
    return element("figure", player + element("figcaption", escaped(f"{name}, {size(len(content))}")))


def _facts(run: RunRecord) -> str:
    """Name and value of everything the result tells of its making."""
    result, demos, seconds = run.result, section(run.result, "demonstrations"), section(run.result, "seconds")
    counted = [(demos.get("episodes"), "episodes"), (demos.get("transitions"), "transitions")]
    sizes = [f"{number(n)} {unit}" for value, unit in counted if (n := real(value)) is not None]
    spent = [f"{duration(s)} {name}" for name, value in seconds.items() if (s := real(value)) is not None]
    versions = [f"{name} {version}" for name, version in section(result, "versions").items()]
    named = [f"{key} {result[key]}" for key in ("inputs", "form", "horizon") if result.get(key)]
    named = [str(result[key]) for key in ("reward_model",) if result.get(key)] + named
    steps = real(result.get("steps"))
    facts = {
        "Environment": result.get("environment"),
        "Method": result.get("method"),
        "Reward model": ", ".join(named),
        "Demonstrations": ", ".join([str(demos[key]) for key in ("name",) if demos.get(key)] + sizes),
        "Their SHA-256": demos.get("sha256"),
        "Seed": result.get("seed"),
        "Steps": number(steps) if steps is not None else None,
        "Time": ", ".join(spent),
        "Versions": ", ".join(versions),
    }
    shown = [
        element("dt", escaped(name)) + element("dd", code(str(value)) if "SHA" in name else escaped(value))
        for name, value in facts.items()
        if value not in (None, "")
    ]
    return element("dl", "".join(shown), class_="facts")
