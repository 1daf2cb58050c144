"""Runs of one configuration, seeds aside: what tells the groups apart and their scores over runs."""

import functools
import json
import string
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..runs.counting import counted
from ..scoring.reading import PlainTable
from ..scoring.statistics import Estimate, iqm_interval, mean_interval
from .data import RunRecord
from .scales import compact

# Parts of a configuration that do not make another group: chance, speed, and what `facts` says already.
OWN = ("seed", "draw", "threads", "env", "kind")
# One after the other; letters tell more groups apart than colors can.
SERIES = ("agent", "cloning", "constant", "expert", "alarm", "random")
# So many facts name a configuration: environment, method, demonstrations, steps.
CHIEF = 4
# Settings that are named where nothing else tells two groups apart.
MOST_DIFFERENCES = 3


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    Attributes:
        letter: its sign on charts.
        name: what tells it from the other groups of the page.
        facts: what is worth knowing of the configuration, the chief things first (`CHIEF` of them).
        runs: by seed.
        tone: its color, a role of `palette.TONES`.
    """

    letter: str
    name: str
    facts: tuple[str, ...]
    runs: tuple[RunRecord, ...]
    tone: str

    @property
    def environment(self) -> str:
        """Where its runs took place."""
        return _environment(self.runs[0])

    def scores(self, policy: str = "deterministic") -> tuple[float, ...]:
        """Normalized score of each run that has one."""
        found = (run.scores.get(policy) for run in self.runs)
        return tuple(
            score.normalized_score.value
            for score in found
            if score is not None and score.normalized_score is not None
        )

    @functools.cached_property
    def iqm(self) -> Estimate | None:
        """Interquartile mean of normalized score over runs."""
        return iqm_interval(self.scores()) if self.scores() else None

    @property
    def worst(self) -> RunRecord | None:
        """The run of the lowest normalized score."""
        known = [
            (normalized_score.value, i)
            for i, run in enumerate(self.runs)
            if (normalized_score := run.scores["deterministic"].normalized_score)
        ]
        return self.runs[min(known)[1]] if known else None

    def mean(self, policy: str = "deterministic") -> Estimate | None:
        """Mean normalized score over runs."""
        return mean_interval(self.scores(policy)) if self.scores(policy) else None


def group_runs(runs: Sequence[RunRecord]) -> list[Group]:
    """The runs in groups of one configuration: by environment, then by IQM, the highest first."""
    runs_by_configuration: dict[str, list[RunRecord]] = defaultdict(list)
    for run in runs:
        runs_by_configuration[_configuration(run)].append(run)
    members = [tuple(sorted(group, key=_seed)) for group in runs_by_configuration.values()]
    unnamed = [Group("", "", (), group, SERIES[0]) for group in members]
    ordered = sorted(unnamed, key=lambda g: (g.environment, -g.iqm.value if g.iqm else float("inf")))
    names = _names([group.runs[0] for group in ordered])
    return [
        Group(_letter(i), name, tuple(facts(group.runs[0]).values()), group.runs, SERIES[i % len(SERIES)])
        for i, (group, name) in enumerate(zip(ordered, names, strict=True))
    ]


def facts(run: RunRecord) -> dict[str, str]:
    """What a reader must know of a run's configuration, in short words; those unknown are left out."""
    result = run.result
    reward, steps, demos = result.reward_model, result.steps, result.demonstrations
    texts = {
        "environment": _environment(run),
        "method": f"{result.method or 'imitation'}{f' ({reward})' if reward else ''}",
        "demonstrations": _demonstrations(run),
        "steps": f"{compact(steps)} steps" if steps else "",
        "set": (demos.name if demos else None) or "",
        "inputs": f"inputs {result.inputs}" if result.inputs else "",
        "form": f"{result.form} form" if result.form else "",
        "horizon": f"{result.horizon} horizon" if result.horizon else "",
    }
    return {key: text for key, text in texts.items() if text}


def _demonstrations(run: RunRecord) -> str:
    """'4 demonstrations', '1 demonstration at 1 step in 20'."""
    demos, subsample = run.result.demonstrations, _settings(run).get("subsample", "")
    text = counted(demos.episodes, "demonstration") if demos and demos.episodes else ""
    return (
        f"{text} at 1 step in {subsample}".strip() if subsample.isdecimal() and int(subsample) > 1 else text
    )


def _environment(run: RunRecord) -> str:
    return run.result.environment or "unknown environment"


def _seed(run: RunRecord) -> tuple[float, str]:
    seed = run.result.seed
    return (float("inf") if seed is None else float(seed), run.folder.name)


def _letter(place: int) -> str:
    """A to Z, then A2 to Z2."""
    turn, letter = divmod(place, 26)
    return string.ascii_uppercase[letter] + (str(turn + 1) if turn else "")


def _configuration(run: RunRecord) -> str:
    """Everything that may decide a score, but the seed: equal for the runs of one group."""
    return json.dumps([facts(run), _settings(run)], sort_keys=True)


def _settings(run: RunRecord) -> dict[str, str]:
    """The configuration as one flat table, `gail.ppo.learning_rate`, of the result or else of config.toml."""
    config = run.result.config
    if not config.entries:
        try:
            config = PlainTable(tomllib.loads(run.config))
        except tomllib.TOMLDecodeError:
            config = PlainTable()
    own = PlainTable({key: value for key, value in config.entries.items() if key not in OWN})
    # TOML has no word for None. A result that is not stored yet holds tuples, which JSON keeps as lists.
    return {
        name: str(list(value) if isinstance(value, tuple) else value)
        for name, value in own.leaves()
        if value is not None
    }


def _names(firsts: Sequence[RunRecord]) -> list[str]:
    """For each group what tells it from the others, by its first run, in as few facts as will do."""
    tables = [facts(run) for run in firsts]
    keys: list[str] = []
    for key in _varying(tables):
        if len({_joined(table, [*keys, key]) for table in tables}) > len({_joined(t, keys) for t in tables}):
            keys.append(key)
    names = [_joined(table, keys or ["method"]) for table in tables]
    return [_unlike(i, firsts, names) for i in range(len(names))]


def _joined(table: Mapping[str, str], keys: Sequence[str]) -> str:
    return ", ".join(table[key] for key in keys if key in table)


def _unlike(place: int, firsts: Sequence[RunRecord], names: Sequence[str]) -> str:
    """A group's name; where another has the same, with the settings that differ."""
    alike = [other for other, name in zip(firsts, names, strict=True) if name == names[place]]
    return names[place] if len(alike) == 1 else f"{names[place]}, {_difference(firsts[place], alike)}"


def _difference(run: RunRecord, alike: Sequence[RunRecord]) -> str:
    """The settings in which a run differs from those that look like it."""
    keys = _varying([_settings(other) for other in alike])
    own = _settings(run)
    texts = [f"{key.rsplit('.', 1)[-1]} {own.get(key, 'unset')}" for key in keys[:MOST_DIFFERENCES]]
    return ", ".join(texts)


def _varying(tables: Sequence[Mapping[str, str]]) -> list[str]:
    """Keys whose values differ between tables, in their order."""
    keys = dict.fromkeys(key for table in tables for key in table)
    return [key for key in keys if len({table.get(key) for table in tables}) > 1]
