"""The outcome: what the true returns say, in one sentence beside the controls."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..runs.counting import counted
from ..scoring.score import ScoreEntry
from ..scoring.statistics import Estimate
from .data import NAMES
from .markup import number

# Normalized scores: the expert is reached where the interval lies above the first; below the second the
# imitation failed. Both are printed in the report.
REACHED, FAILED = 0.9, 0.5


@dataclass(frozen=True)
class Headline:
    """What the score says in one word, in a sentence, and beside the controls."""

    outcome: str
    sentence: str
    lede: str = ""


def headline(scores: Mapping[str, ScoreEntry]) -> Headline:
    """What the deterministic imitator's score says, beside its controls."""
    agent = scores["deterministic"]
    if agent.normalized_score is not None:
        return _judged(agent.normalized_score, scores)
    if agent.estimate is not None:
        sentence = f"The imitator's mean return is {_returns(agent.estimate)}"
        return Headline("no scale", sentence, _without_scale(scores))
    lede = f"{agent.missing} See the video, and the discriminator's view of it, below."
    return Headline("not scored", "This imitator has no score: no return of it is known", lede)


def score_text(normalized_score: Estimate) -> str:
    """'0.99 of the expert (95 % interval 0.98 to 0.99, 50 episodes)'."""
    value, low, high = (
        number(v, normalized_score.decimals)
        for v in (normalized_score.value, normalized_score.low, normalized_score.high)
    )
    return f"{value} of the expert (95 % interval {low} to {high}, {counted(normalized_score.n, 'episode')})"


def _judged(normalized_score: Estimate, scores: Mapping[str, ScoreEntry]) -> Headline:
    lede = _proportion(scores)
    constant = scores["constant"].normalized_score
    if normalized_score.low <= 0:
        return Headline(
            "failed", f"The imitation failed, no better than random: {score_text(normalized_score)}", lede
        )
    if constant is not None and normalized_score.low <= constant.high:
        caution = "That is no clear gain over a constant reward, so it is no evidence of imitation."
        outcome = "failed" if normalized_score.value < FAILED else "not shown"
        return Headline(outcome, f"The imitator reaches {score_text(normalized_score)}", f"{caution} {lede}")
    if normalized_score.low >= REACHED:
        return Headline("reached", f"The imitator reaches {score_text(normalized_score)}", lede)
    if normalized_score.value >= FAILED:
        return Headline("in part", f"The imitation succeeded in part: {score_text(normalized_score)}", lede)
    return Headline("failed", f"The imitation failed: it reaches {score_text(normalized_score)}", lede)


def _proportion(scores: Mapping[str, ScoreEntry]) -> str:
    """The controls in one or two sentences."""
    names = {"bc": "behavior cloning of the same demonstrations", "constant": "a constant reward"}
    measured = [
        f"{names[key]} reaches {number(normalized_score.value, 2)}"
        for key in names
        if (normalized_score := scores[key].normalized_score) is not None
    ]
    unmeasured = [names[key] for key in names if scores[key].normalized_score is None]
    sentences = ["On this scale 0 is a random policy and 1 the expert."]
    if measured:
        text = " and ".join(measured)
        sentences.append(f"{text[0].upper()}{text[1:]}.")
    if unmeasured:
        sentences.append(f"Not measured: {' and '.join(unmeasured)}.")
    if scores["constant"].normalized_score is None:
        sentences.append(
            "Without a constant reward beside it, imitating cannot be told from merely surviving."
        )
    return " ".join(sentences)


def _without_scale(scores: Mapping[str, ScoreEntry]) -> str:
    lacking = [NAMES[key].lower() for key in ("random", "expert") if not scores[key].returns]
    if not lacking:
        return "The expert's return is not above the random policy's, so there is no scale to judge it by."
    return f"There is no scale to judge it by: no return is known of the {' and the '.join(lacking)}."


def _returns(estimate: Estimate) -> str:
    value, low, high = (number(v, estimate.decimals) for v in (estimate.value, estimate.low, estimate.high))
    return f"{value} (95 % interval {low} to {high}, {counted(estimate.n, 'episode')})"
