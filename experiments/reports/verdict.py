"""The reward-free verdict on a report's page: its sentence beside the returns', its checks and charts."""

from collections.abc import Sequence

from ..verdict.verdict import STATUSES, Check, Verdict
from .charts import Line, Reference, line_chart
from .data import RunRecord
from .headline import Headline
from .markup import element, escaped, number
from .page import block, code, missing, paragraph, prose

# How far each word goes, without and with the reward; the words left out cannot be compared.
VERDICTS = {"failed": 0, "survives only": 0, "partly": 1, "imitates": 2}
OUTCOMES = {"failed": 0, "not shown": 0, "in part": 1, "reached": 2}
# Dimensions that are named; the rest is added up.
MOST_BARS = 8

LOOKS_BETTER = "It looks more like the expert than it earns: watch its worst episode before trusting either."
EARNS_MORE = "It earns more than it looks like the expert: it may have found another way to the same reward."
NOT_JUDGED = "Not judged without the reward yet: `gailforce verdict RUN` does it."
NOTE = (
    "The verdict compares the agent with the demonstrations and reads no reward. Its distance is counted in "
    "standard deviations of the demonstrations' observations."
)


def judged_without_reward(verdict: Verdict, head: Headline) -> str:
    """The verdict's sentence and confidence, then the outcome by the returns, and whether the two agree."""
    h1 = element("h1", prose(verdict.sentence), class_="long" if len(verdict.sentence) > 110 else None)
    confidence = element("p", prose(_confidence(verdict)), class_="lede") if _confidence(verdict) else ""
    second = element(
        "span",
        "Score against the expert, by the true reward, which the verdict does not read",
        class_="label",
    )
    second += element("p", escaped(head.sentence) + ".", class_="name")
    second += element("p", escaped(head.lede)) if head.lede else ""
    dispute = disagreement(verdict.word, head.outcome)
    second += element("p", escaped(dispute), class_="dispute") if dispute else ""
    return h1 + confidence + element("div", second, class_="second")


def not_judged(run: RunRecord) -> str:
    """The line of a run without a verdict."""
    return missing(run.verdict_fault or NOT_JUDGED)


def disagreement(word: str, outcome: str) -> str:
    """What it means that verdict and outcome differ; empty where they agree or cannot be compared."""
    without, by = VERDICTS.get(word), OUTCOMES.get(outcome)
    if without is None or by is None or without == by:
        return ""
    meaning = LOOKS_BETTER if without > by else EARNS_MORE
    return f"The two disagree: the verdict is “{word}”, the score against the expert “{outcome}”. {meaning}"


def judgement(run: RunRecord) -> str:
    """The section of the checks, the trend of the distance and what the reward depends on."""
    verdict = run.verdict
    if verdict is None:
        return ""
    body = paragraph(NOTE) + _checks(verdict.checks)
    charts = _trend(verdict) + _attribution(verdict)
    body += element("div", charts, class_="pair judged") if charts else ""
    if verdict.lacking:
        parts = ", ".join(verdict.lacking)
        body += missing(f"verdict.json does not hold: {parts}. `gailforce verdict RUN` writes it anew.")
    return block("Judged without the reward", body)


def _confidence(verdict: Verdict) -> str:
    sentence, share = verdict.confidence.sentence, verdict.confidence.share
    if share is None:
        return sentence
    value, low, high = (number(v, share.decimals) for v in (share.value, share.low, share.high))
    return f"{sentence} {value} [{low}, {high}], N = {share.n}".strip()


def _checks(checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    counts = [(status, sum(check.status == status for check in checks)) for status in reversed(STATUSES)]
    total = f"{len(checks)} check{'s' * (len(checks) != 1)}: "
    summary = total + ", ".join(f"{count} {status}" for status, count in counts if count) + "."
    ordered = sorted(checks, key=lambda check: STATUSES.index(check.status))
    return paragraph(summary) + element("ul", "".join(map(_check, ordered)), class_="checks")


def _check(check: Check) -> str:
    status = element("span", escaped(check.status), class_=f"status {check.status}")
    name = element("span", escaped(_sentence(check.name)), class_="name")
    text = element("p", f"{name} {prose(_sentence(check.sentence))}")
    if check.next and check.status != "pass":
        # A bare command is one to be typed.
        advice = code(check.next) if check.next.startswith("gailforce ") else prose(check.next)
        text += element("p", element("span", "Try next:", class_="label") + f" {advice}", class_="next")
    return element("li", status + element("div", text))


def _sentence(text: str) -> str:
    """The text with a capital at its beginning and a stop at its end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ":")) or not text else ".")


def _trend(verdict: Verdict) -> str:
    if not verdict.trend:
        return ""
    steps, distances = zip(*verdict.trend, strict=True)
    chart = line_chart(
        [Line("agent", tuple(map(float, steps)), distances, decimals=2)],
        _references(verdict),
        x_label="environment steps",
        y_label="distance from the expert",
        describe=f"Distance from the expert, from {distances[0]:.2f} to {distances[-1]:.2f} at the end.",
        width=400.0,
        height=280.0,
    )
    return element("figure", chart)


def _references(verdict: Verdict) -> list[Reference]:
    """How far the demonstrations are from each other, and random actions from them, where it is known."""
    levels = (("expert", verdict.within_demos, "expert"), ("random", verdict.random, "random"))
    return [Reference(name, level, tone) for name, level, tone in levels if level is not None]


def _attribution(verdict: Verdict) -> str:
    if not verdict.attribution:
        return ""
    shown, rest = verdict.attribution[:MOST_BARS], verdict.attribution[MOST_BARS:]
    longest = shown[0][1] or 1.0
    bars = "".join(_bar(name, share, share / longest) for name, share in shown)
    if rest:
        bars += _bar(f"{len(rest)} other{'s' * (len(rest) != 1)}", sum(share for _, share in rest), 0.0)
    title = element("figcaption", "what the learned reward depends on, share of each dimension")
    return element("figure", title + element("dl", bars, class_="bars"))


def _bar(name: str, share: float, length: float) -> str:
    bar = element("span", style=f"width:{100 * length:.1f}%")
    return element("dt", escaped(name)) + element("dd", bar + f"{100 * share:.0f} %")
