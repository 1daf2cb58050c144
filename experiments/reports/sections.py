"""The sections of a report that need no chart: its opening, the key figures, the origin."""

from typing import Any

from ..runs.counting import counted
from ..scoring.reading import real, section
from ..scoring.statistics import Estimate
from .data import RunRecord, Score
from .headline import FAILED, REACHED, Headline
from .markup import element, escaped, number
from .page import block, code, duration, missing, paragraph
from .scales import compact
from .verdict import judged_without_reward, not_judged

# Facts that are commands or hashes.
TYPED = ("Their SHA-256", "Verdict")


def opening(run: RunRecord, head: Headline) -> str:
    """The verdict, its sentence and what puts it into proportion; the reward-free one first."""
    if run.verdict is not None:
        return _eyebrow(run, run.verdict.word) + judged_without_reward(run.verdict, head)
    lede = element("p", escaped(head.lede), class_="lede") if head.lede else ""
    return _eyebrow(run, head.verdict) + element("h1", escaped(head.sentence)) + lede + not_judged(run)


def _eyebrow(run: RunRecord, word: str) -> str:
    demos = section(run.result, "demonstrations")
    episodes, steps = real(demos.get("episodes")), real(run.result.get("steps"))
    facts = [
        run.result.get("environment"),
        run.result.get("method"),
        counted(round(episodes), "demonstration") if episodes else None,
        f"{compact(steps)} steps" if steps else None,
    ]
    verdict = element("span", escaped(word), class_=f"verdict {word.replace(' ', '-')}")
    spans = [verdict, *(element("span", escaped(fact)) for fact in facts if fact)]
    return element("p", "".join(spans), class_="eyebrow")


def key_figures(run: RunRecord) -> str:
    """The handful of numbers a reader looks for first; those unknown are left out."""
    deterministic, exploring = run.scores["deterministic"], run.scores["exploring"]
    tiles = [
        _resemblance_tile(run),
        _score_tile(deterministic, "of the expert"),
        _score_tile(exploring, "of the expert, exploring"),
        _return_tile(deterministic, run.scores["expert"]),
        *_cost_tiles(run),
    ]
    return element("dl", "".join(tiles), class_="figures") if any(tiles) else ""


def _dreamt(result: dict[str, Any]) -> str | None:
    """The world model of a run that was mostly imagined, and its real steps."""
    name, lived = section(result, "config").get("world_model"), real(result.get("real_steps"))
    return f"{name}, {number(lived)} real steps" if name and lived is not None else None


def origin(run: RunRecord) -> str:
    """How this was made: command, facts, versions, configuration."""
    command = element("pre", code(run.command)) if run.command else missing("command.txt is missing.")
    config = missing("config.toml is missing.")
    if run.config.strip():
        config = element("summary", "Configuration, every value") + element("pre", escaped(run.config))
        config = element("details", config)
    judged = (
        f"Normalized score = (return - random) / (expert - random). The score says reached where its "
        f"interval lies above "
        f"{REACHED:g}, failed where it is below {FAILED:g}, withheld where a constant reward does as well."
    )
    faults = "".join(missing(fault) for fault in run.faults)
    return block("How this was made", command + _facts(run) + config + faults + paragraph(judged))


def _score_tile(score: Score, label: str) -> str:
    return "" if score.normalized_score is None else _estimate_tile(score.normalized_score, label)


def _resemblance_tile(run: RunRecord) -> str:
    distance = run.verdict.resemblance if run.verdict else None
    return "" if distance is None else _estimate_tile(distance, "distance from the expert")


def _estimate_tile(found: Estimate, label: str) -> str:
    value, low, high = (number(v, found.decimals) for v in (found.value, found.low, found.high))
    return _tile(value, label, f"[{low}, {high}]\nN = {found.n}")


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


def _facts(run: RunRecord) -> str:
    """Name and value of everything the result tells of its making."""
    result, demos, seconds = run.result, section(run.result, "demonstrations"), section(run.result, "seconds")
    held = [(demos.get("episodes"), "episode"), (demos.get("transitions"), "transition")]
    sizes = [counted(round(n), unit) for value, unit in held if (n := real(value)) is not None]
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
        "Dreamt in": _dreamt(result),
        "Time": ", ".join(spent),
        "Verdict": run.verdict.command if run.verdict else None,
        "Versions": ", ".join(versions),
    }
    shown = [
        element("dt", escaped(name)) + element("dd", code(str(value)) if name in TYPED else escaped(value))
        for name, value in facts.items()
        if value not in (None, "")
    ]
    return element("dl", "".join(shown), class_="facts")
