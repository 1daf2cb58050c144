"""Does a learned reward teach by itself? A frozen reward, a fresh policy, the same body or a heavier one.

`python -m gailforce.experiments.studies.transfer RUN... [--body hopper-heavy]` takes the reward model of
each run as it is, trains a fresh policy on it and writes `results/transfer/RUN-BODY-STEPS.json`. The policy
that came with the reward stands beside it, played as it is. normalized score is on the run's own scale.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...agents.gail import GAIL
from ...agents.loading import load_policy, load_reward_model
from ...agents.sb3.ppo import PPOConfig
from ...demos.physics_residual import states_of
from ...demos.recorder import Policy
from ...envs.batched import BatchedEnv
from ...envs.errors import DataError
from ...envs.registry import make_env
from ..pipeline.config import ImitationConfig
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..runs.provenance import write_result
from ..scoring.evaluation import evaluate
from ..scoring.score import ScoreEntry

RESULTS = Path("results/transfer")
# Added to a run's seed, so that the fresh policy begins otherwise than the reward's own did.
FRESH = 1000


@dataclass
class Transfer:
    """Train fresh policies on the frozen rewards of finished runs."""

    # Folders of finished runs.
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    # Where the fresh policy learns; by default the run's own environment.
    body: str | None = None
    # Environment steps.
    steps: int = 1_000_000
    # Episodes of each score.
    episodes: int = 50
    # The fresh policy's learner: a frozen reward is a task like any other, so it is learned as experts learn.
    ppo: PPOConfig = field(default_factory=lambda: PPOConfig(gamma=0.995, gae_lambda=0.97))
    # Share of the fresh policy's episodes that begin at demonstrated states; 0 for none.
    demonstrated: float = 0.9
    # Folder of the results; one that is there already is not made again.
    results: Path = field(default=RESULTS)

    def run(self) -> None:
        """One result a run."""
        one_thread()
        for path in self.runs:
            run = RunFolder.open(path)
            finished = run.read_result()
            if finished is None:
                raise DataError(f"{path} has no result yet; give a finished run")
            config = ImitationConfig.from_plain(finished["config"])
            body = self.body or config.env
            # A cell's folder is named by everything its reward depends on.
            starts = "" if self.demonstrated else "-own-starts"
            kept = self.results / f"{path.resolve().name}-{body}-{self.steps}{starts}.json"
            if not kept.exists():
                references = [finished["controls"][name]["mean"] for name in ("random", "expert")]
                result = self._transfer(run, config, body, references)
                write_result(kept, result)
                print(kept, round(result["fresh"]["mean"]), flush=True)

    def _transfer(
        self, run: RunFolder, config: ImitationConfig, body: str, references: list[float]
    ) -> dict[str, Any]:
        model = load_reward_model(run.agent)
        if model is None:
            raise DataError(f"{run.path} holds no reward model; give the run of an imitator")
        settings = replace(config.gail, ppo=self.ppo)
        env = make_env(body, settings.n_envs, config.seed + FRESH, threads=1)
        if self.demonstrated:
            assert isinstance(env, BatchedEnv)
            states = np.concatenate([states_of(episode)[:-1] for episode in config.demonstrations()])
            env.start_from(states, self.demonstrated)
        agent = GAIL(env, None, model, seed=config.seed + FRESH, config=settings, frozen=True)
        agent.learn(self.steps)
        scores: dict[str, Policy] = {"fresh": agent, "reward's own policy": load_policy(run.agent)}
        return {
            "kind": "transfer",
            "reward": config.reward,
            "body": body,
            "seed": config.seed,
            "steps": self.steps,
            **{
                name: ScoreEntry.of(evaluate(policy, body, self.episodes), *references).to_json()
                for name, policy in scores.items()
            },
            "config": config.to_plain(),
            "learner": asdict(self.ppo),
            "demonstrated starts": self.demonstrated,
        }


if __name__ == "__main__":
    tyro.cli(Transfer).run()
