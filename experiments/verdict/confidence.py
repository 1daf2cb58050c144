"""How sure a verdict is: how often its word was right among the agents it was tried on."""

import json
from pathlib import Path

from ..runs.counting import counted
from ..scoring.statistics import wilson
from .evidence import Evidence
from .verdict import Confidence

# Counts of the unseen half: word -> agents called so, and those of them that were; see verdict_trial.py.
TRIED = Path(__file__).parent / "tried.json"
# Demonstrations fewer than in the trial.
EPISODES = 4


def confidence(word: str, e: Evidence) -> Confidence:
    """Share of the agents called so that were so, with its Wilson interval and N, and a sentence."""
    tried = json.loads(TRIED.read_text()).get(word) if TRIED.is_file() else None
    if not tried or not tried["called"]:
        return Confidence("How often this word is right was not measured.")
    share = wilson(tried["right"], tried["called"])
    sentence = (
        f"Of {counted(share.n, 'agent')} called so in the trial on Hopper and Walker2d, {tried['right']} had "
        f"{tried['meaning']} ({share.low:.0%} to {share.high:.0%})."
    )
    if e.episodes < EPISODES:
        sentence += f" That trial had {EPISODES} demonstrations; with {e.episodes} it is less certain."
    return Confidence(sentence, share)
