"""The sections of a report that need no chart: its opening, the key figures, the origin."""

from ..runs.counting import counted
from ..scoring.run_result import DemosFacts, RunResult
from ..scoring.score import ScoreEntry
from ..scoring.statistics import Estimate
from .data import RunRecord
from .headline import FAILED, REACHED, Headline
from .markup import element, escaped, number
from .page import block, code, duration, missing, paragraph
from .scales import compact
from .verdict import judged_without_reward, not_judged

# Facts that are commands or hashes.
TYPED = ("Their SHA-256", "Verdict")


def opening(run: RunRecord, head: Headline) -> str:
    """The verdict, which reads no reward, then the outcome; only the outcome of a run without a verdict."""
    if run.verdict is not None:
        return _eyebrow(run, run.verdict.word) + judged_without_reward(run.verdict, head)
    lede = element("p", escaped(head.lede), class_="lede") if head.lede else ""
    return _eyebrow(run, head.outcome) + element("h1", escaped(head.sentence)) + lede + not_judged(run)


def _eyebrow(run: RunRecord, word: str) -> str:
    result, demos = run.result, run.result.demonstrations
    facts = [
        result.environment,
        result.method,
        counted(demos.episodes, "demonstration") if demos and demos.episodes else None,
        f"{compact(result.steps)} steps" if result.steps else None,
    ]
    badge = element("span", escaped(word), class_=f"verdict {word.replace(' ', '-')}")
    spans = [badge, *(element("span", escaped(fact)) for fact in facts if fact)]
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


def _world_model(result: RunResult) -> str | None:
    """The world model of a run that was mostly imagined, and its real steps."""
    name, steps = result.world_model, result.real_steps
    return f"{name}, {number(steps)} real steps" if name and steps is not None else None


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


def _score_tile(score: ScoreEntry, label: str) -> str:
    return "" if score.normalized_score is None else _estimate_tile(score.normalized_score, label)


def _resemblance_tile(run: RunRecord) -> str:
    distance = run.verdict.resemblance if run.verdict else None
    return "" if distance is None else _estimate_tile(distance, "distance from the expert")


def _estimate_tile(estimate: Estimate, label: str) -> str:
    value, low, high = (number(v, estimate.decimals) for v in (estimate.value, estimate.low, estimate.high))
    return _tile(value, label, f"[{low}, {high}]\nN = {estimate.n}")


def _return_tile(agent: ScoreEntry, expert: ScoreEntry) -> str:
    if agent.estimate is None:
        return ""
    aside = "expert not known"
    if expert.estimate is not None:
        aside = f"expert {number(expert.estimate.value, expert.estimate.decimals)}"
    return _tile(number(agent.estimate.value, agent.estimate.decimals), "mean return", aside)


def _cost_tiles(run: RunRecord) -> list[str]:
    seconds, speed = run.result.seconds.get("training"), run.result.steps_per_second
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
    result, demos = run.result, run.result.demonstrations or DemosFacts()
    held = [(demos.episodes, "episode"), (demos.transitions, "transition")]
    sizes = [counted(count, unit) for count, unit in held if count is not None]
    options = {"inputs": result.inputs, "form": result.form, "horizon": result.horizon}
    reward = [f"{name} {value}" for name, value in options.items() if value]
    facts = {
        "Environment": result.environment,
        "Method": result.method,
        "Reward model": ", ".join(([result.reward_model] if result.reward_model else []) + reward),
        "Demonstrations": ", ".join(([demos.name] if demos.name else []) + sizes),
        "Their SHA-256": demos.sha256,
        "Seed": None if result.seed is None else str(result.seed),
        "Steps": None if result.steps is None else number(result.steps),
        "World model": _world_model(result),
        "Time": ", ".join(f"{duration(value)} {name}" for name, value in result.seconds.items()),
        "Verdict": run.verdict.command if run.verdict else None,
        "Versions": ", ".join(f"{name} {version}" for name, version in result.versions.items()),
    }
    shown = [
        element("dt", escaped(name)) + element("dd", code(value) if name in TYPED else escaped(value))
        for name, value in facts.items()
        if value
    ]
    return element("dl", "".join(shown), class_="facts")
