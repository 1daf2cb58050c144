"""How sure a verdict is: how often its word was right among the agents it was tried on."""

import json
from pathlib import Path
from typing import Any

from .evidence import Evidence
from .statistics import wilson

# Counts of the unseen half: word -> agents called so, and those of them that were; see verdict_trial.py.
TRIED = Path(__file__).parent / "controls" / "verdict-tried.json"
# Demonstrations fewer than in the trial.
EPISODES = 4


def confidence(word: str, e: Evidence) -> dict[str, Any]:
    """Share of the agents called so that were so, with its Wilson interval and N, and a sentence."""
    counted = json.loads(TRIED.read_text()).get(word) if TRIED.is_file() else None
    if not counted or not counted["called"]:
        sentence = "How often this word is right was not measured."
        return {"sentence": sentence, "value": None, "low": None, "high": None, "n": None}
    share = wilson(counted["right"], counted["called"])
    sentence = (
        f"Of {share.n} agents called so in the trial on Hopper and Walker2d, {counted['right']} had "
        f"{counted['meaning']} ({share.low:.0%} to {share.high:.0%})."
    )
    if e.episodes < EPISODES:
        sentence += f" That trial had {EPISODES} demonstrations; with {e.episodes} it is less sure."
    return {"sentence": sentence, "value": share.value, "low": share.low, "high": share.high, "n": share.n}
