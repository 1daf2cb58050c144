"""The sentence a report opens with: did it imitate, how sure are we, beside what."""

from dataclasses import dataclass

from ..counting import counted
from ..statistics import Estimate
from .data import Score
from .markup import number

# Judgements of this report, printed in it: NR at whose lower end the expert counts as reached, and the NR
# below which the imitation counts as failed.
REACHED, FAILED = 0.9, 0.5


@dataclass(frozen=True)
class Headline:
    """A verdict of one word, its sentence, and the sentences that put it into proportion."""

    verdict: str
    sentence: str
    lede: str = ""


def headline(scores: dict[str, Score]) -> Headline:
    """What the deterministic imitator's score says, beside its controls."""
    agent = scores["deterministic"]
    if agent.nr is not None:
        return _judged(agent.nr, scores)
    if agent.estimate is not None:
        sentence = f"The imitator's mean return is {_returns(agent.estimate)}"
        return Headline("no scale", sentence, _without_scale(scores))
    lede = f"{agent.missing} See the video, and the discriminator's view of it, below."
    return Headline("not scored", "This imitator has no score: no return of it is known", lede)


def nr_text(nr: Estimate) -> str:
    """'0.99 of the expert (95 % interval 0.98 to 0.99, 50 episodes)'."""
    value, low, high = (number(v, nr.decimals) for v in (nr.value, nr.low, nr.high))
    return f"{value} of the expert (95 % interval {low} to {high}, {counted(nr.n, 'episode')})"


def _judged(nr: Estimate, scores: dict[str, Score]) -> Headline:
    lede = _proportion(scores)
    constant = scores["constant"].nr
    if nr.low <= 0:
        return Headline("failed", f"The imitation failed, no better than random: {nr_text(nr)}", lede)
    if constant is not None and nr.low <= constant.high:
        caution = "That is no clear gain over a constant reward, so it is no evidence of imitation."
        verdict = "failed" if nr.value < FAILED else "not shown"
        return Headline(verdict, f"The imitator reaches {nr_text(nr)}", f"{caution} {lede}")
    if nr.low >= REACHED:
        return Headline("reached", f"The imitator reaches {nr_text(nr)}", lede)
    if nr.value >= FAILED:
        return Headline("in part", f"The imitation succeeded in part: {nr_text(nr)}", lede)
    return Headline("failed", f"The imitation failed: it reaches {nr_text(nr)}", lede)


def _proportion(scores: dict[str, Score]) -> str:
    """The controls in one or two sentences."""
    names = {"bc": "behaviour cloning of the same demonstrations", "constant": "a constant reward"}
    known = [
        f"{names[key]} reaches {number(nr.value, 2)}" for key in names if (nr := scores[key].nr) is not None
    ]
    unknown = [names[key] for key in names if scores[key].nr is None]
    sentences = ["On this scale 0 is a random policy and 1 the expert."]
    if known:
        text = " and ".join(known)
        sentences.append(f"{text[0].upper()}{text[1:]}.")
    if unknown:
        sentences.append(f"Not measured: {' and '.join(unknown)}.")
    if scores["constant"].nr is None:
        sentences.append(
            "Without a constant reward beside it, imitating cannot be told from merely surviving."
        )
    return " ".join(sentences)


def _without_scale(scores: dict[str, Score]) -> str:
    lacking = [scores[key].name.lower() for key in ("random", "expert") if not scores[key].returns]
    if not lacking:
        return "The expert's return is not above the random policy's, so there is no scale to judge it by."
    return f"There is no scale to judge it by: no return is known of the {' and the '.join(lacking)}."


def _returns(estimate: Estimate) -> str:
    value, low, high = (number(v, estimate.decimals) for v in (estimate.value, estimate.low, estimate.high))
    return f"{value} (95 % interval {low} to {high}, {counted(estimate.n, 'episode')})"
