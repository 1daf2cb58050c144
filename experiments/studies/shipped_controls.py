"""Makes the controls that are shipped, for the first four episodes of a shipped expert.

Run `python -m gailforce.experiments.studies.shipped_controls hopper 500000 750000` from the root of a
checkout; the numbers are step budgets of the constant reward.
"""

import sys

from ...demos.dataset import Demonstrations
from ..pipeline.config import ImitationConfig
from ..runs.process import one_thread
from ..scoring.controls import SHIPPED, Task, find, make

# Demonstrations that `imitate` takes by default.
EPISODES = 4


def tasks(body: str, budgets: list[int]) -> dict[str, list[Task]]:
    """The tasks of each control: random and cloning once, the constant reward for every budget."""
    whole = Demonstrations.load(f"{body}-expert")
    demos = whole.take(EPISODES)
    of_budget = [ImitationConfig(body, f"{body}-expert", steps=steps).task(demos, whole) for steps in budgets]
    return {"random": of_budget[:1], "bc": of_budget[:1], "constant": of_budget}


def main() -> None:
    """Make what is not shipped yet."""
    one_thread()
    for name, of_control in tasks(sys.argv[1], [int(steps) for steps in sys.argv[2:]]).items():
        for task in of_control:
            score = (find(name, task) if name != "random" else None) or make(name, task, SHIPPED)
            print(f"{name}, {task.steps:,} steps: {score}", flush=True)


if __name__ == "__main__":
    main()
