"""The checks of a verdict: each looks at the evidence and says pass, warn or fail, why, and what to try."""

from collections.abc import Callable

import numpy as np

from ..runs.counting import counted
from ..scoring.statistics import mean_interval
from .evidence import Evidence
from .verdict import Check, Status

# Distances from the demonstrations, in their standard deviations, up to which an agent imitates, and imitates
# in part; set on one half of the trial's runs, see results/verdict.json.
IMITATES, PARTLY = 1.415, 3.764
# Share of the demonstrations' mean length from which an agent counts as surviving.
SURVIVES = 0.9
# Share of the constant agent's distance above which nothing was learned beyond surviving.
NO_NEARER = 0.7
# A discriminator right about so many steps of both sides pays almost nothing; one below guesses.
TOO_STRONG, GUESSING = 0.99, 0.55
# Factor between the distances of two policies, or of the best and the last checkpoint, that counts.
TWICE = 2.0
# Share of the reward that hangs on one input alone, and the share below which an input is ignored.
ONE_INPUT, IGNORED = 0.5, 0.002


def resemblance(e: Evidence) -> Check:
    """Is the agent as near to the demonstrations as they are to each other?"""
    assert e.deterministic is not None
    distance = mean_interval(e.deterministic.distances)
    text = (
        f"its observations lie {distance.value:.2f} [{distance.low:.2f}, {distance.high:.2f}] "
        f"(N={distance.n}) standard deviations from the demonstrations', random actions {e.random:.1f}, the "
        f"demonstrations among themselves {e.within_demos:.2f}"
    )
    if distance.high <= IMITATES:
        return Check("resemblance", "pass", text)
    if distance.value <= PARTLY:
        return Check("resemblance", "warn", text, "train longer; most runs still come nearer after 1M steps")
    return Check("resemblance", "fail", text, "train longer, or give more demonstrations, or another reward")


def survival(e: Evidence) -> Check:
    """Is it nearer to the demonstrations than an agent trained on a constant reward?"""
    assert e.deterministic is not None
    if e.deterministic.length < SURVIVES * e.demo_length:
        text = f"episodes last {e.deterministic.length:,.0f} steps, the expert's {e.demo_length:,.0f}"
        return Check("survival", "fail", text, "train longer; look at the video for how it falls")
    if e.constant is None:
        text = "its episodes last as long as the expert's; the distance of mere survival is not known"
        return Check("survival", "unknown", text, "gailforce verdict RUN --train-constant")
    share = e.deterministic.distance / e.constant
    text = (
        f"an agent trained on a constant reward has distance {e.constant:.2f}; this one "
        f"{e.deterministic.distance:.2f}, {share:.0%} of that"
    )
    if share < NO_NEARER:
        return Check("survival", "pass", text)
    return Check("survival", "fail", text, "it learned to survive and no more: look at the discriminator")


def discriminator(e: Evidence) -> Check:
    """Could the policy learn anything from the discriminator at the end?"""
    if e.accuracies is None:
        return Check("discriminator", "unknown", "there is no log of a discriminator beside this policy")
    expert, agent = e.accuracies
    text = f"at the end it was right about {expert:.0%} of the expert's steps and {agent:.0%} of the agent's"
    if min(expert, agent) > TOO_STRONG:
        remedy = "raise its gradient penalty or lower its learning rate: it pays almost nothing any more"
        return Check("discriminator", "fail", text, remedy)
    if max(expert, agent) < GUESSING:
        # Either the agent has become the expert, or the discriminator is blind.
        blind = e.deterministic is not None and e.deterministic.distance > PARTLY
        remedy = "it is blind: train it more, or check its inputs" if blind else ""
        return Check("discriminator", "fail" if blind else "pass", text, remedy)
    return Check("discriminator", "pass", text)


def reward_hacking(e: Evidence) -> Check:
    """Did the predicted reward go on rising while the resemblance fell?"""
    logged = [checkpoint for checkpoint in e.checkpoints if checkpoint.reward is not None]
    if len(logged) < 3 or e.deterministic is None:
        return Check("reward hacking", "unknown", "it takes three checkpoints with a log to see a trend")
    best = min(logged, key=lambda checkpoint: checkpoint.distance)
    last = logged[-1]
    worse = e.deterministic.distance > TWICE * max(best.distance, IMITATES)
    rose = (last.reward or 0.0) >= (best.reward or 0.0)
    text = (
        f"nearest at step {best.step:,} ({best.distance:.2f}, reward {best.reward:.2f} a step), "
        f"at the end {e.deterministic.distance:.2f}, reward {last.reward:.2f}"
    )
    if worse and rose:
        remedy = (
            "the policy exploits a flaw in the reward: raise the gradient penalty, and use the nearest "
            "checkpoint, which the run keeps as kept.gfa (score it with `gailforce evaluate RUN/kept.gfa`)"
        )
        return Check("reward hacking", "fail", text, remedy)
    if worse:
        remedy = (
            "an earlier checkpoint is nearer; the run keeps it as kept.gfa (score it with "
            "`gailforce evaluate RUN/kept.gfa`)"
        )
        return Check("reward hacking", "warn", text, remedy)
    return Check("reward hacking", "pass", text)


def modes(e: Evidence) -> Check:
    """Do the deterministic and the exploring policy tell the same story?"""
    if e.exploring is None or e.deterministic is None:
        return Check("deterministic and exploring", "unknown", "this file holds no exploring policy")
    deterministic, noisy = e.deterministic, e.exploring
    text = (
        f"deterministic: distance {deterministic.distance:.2f}, {deterministic.length:,.0f} steps; "
        f"exploring: {noisy.distance:.2f}, {noisy.length:,.0f} steps"
    )
    apart = max(deterministic.distance, noisy.distance) > TWICE * max(
        min(deterministic.distance, noisy.distance), IMITATES
    )
    if not apart:
        return Check("deterministic and exploring", "pass", text)
    if deterministic.distance > noisy.distance:
        remedy = "the noise holds it up: act with the exploring policy, or lower its noise and train on"
    else:
        remedy = "a little noise throws it: fine to use without noise; train longer to make it robust"
    return Check("deterministic and exploring", "warn", text, remedy)


def consistency(e: Evidence) -> Check:
    """Are all episodes alike, or is a good mean made of good ones and failures?"""
    assert e.deterministic is not None
    lengths, distances = np.array(e.deterministic.lengths), np.array(e.deterministic.distances)
    bad = (lengths < SURVIVES * e.demo_length) | (distances > TWICE * max(np.median(distances), IMITATES))
    fall, lie = ("falls", "lies") if bad.sum() == 1 else ("fall", "lie")
    text = (
        f"{bad.sum()} of {counted(len(bad), 'episode')} {fall} early or {lie} far from the others; "
        f"lengths {lengths.min()} to {lengths.max()}"
    )
    if not bad.any():
        return Check("episode to episode", "pass", text)
    status: Status = "fail" if bad.mean() > 0.2 else "warn"
    return Check("episode to episode", status, text, "train longer; film the worst: gailforce video RUN")


def inputs(e: Evidence) -> Check:
    """What does the reward look at?"""
    if not e.attribution:
        return Check("inputs of the reward", "unknown", "no reward model is saved with this policy")
    (first, share), *_ = e.attribution
    ignored = [name for name, part in e.attribution if part < IGNORED]
    leading = ", ".join(f"{name} {part:.0%}" for name, part in e.attribution[:3])
    text = f"it depends most on {leading}" + (f"; hardly on {', '.join(ignored[:4])}" if ignored else "")
    if share > ONE_INPUT:
        remedy = f"one input tells expert from agent: look whether {first} was recorded as the agent sees it"
        return Check("inputs of the reward", "warn", text, remedy)
    if len(ignored) > len(e.attribution) / 2:
        return Check("inputs of the reward", "warn", text, "most inputs are ignored: train the critic longer")
    return Check("inputs of the reward", "pass", text)


CHECKS: tuple[Callable[[Evidence], Check], ...] = (
    resemblance,
    survival,
    discriminator,
    reward_hacking,
    modes,
    consistency,
    inputs,
)
