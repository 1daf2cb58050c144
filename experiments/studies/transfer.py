"""Fresh policies trained on frozen learned rewards, on the same body or a heavier one.

`python -m gailforce.experiments.studies.transfer RUN... [--body hopper-heavy]` freezes the reward model of
each run, trains a fresh policy on it and writes `results/transfer/RUN-BODY-STEPS.json`. The reward's own
policy is evaluated beside it without further training. Normalized scores are on the run's own scale.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...agents.gail import GAIL
from ...agents.loading import load_policy, load_reward_model
from ...agents.sb3.ppo import PPOConfig
from ...agents.settings import from_plain
from ...demos.physics_residual import states_of
from ...envs.batched import BatchedEnv
from ...envs.errors import DataError
from ...envs.registry import make_env
from ..pipeline.config import ImitationConfig
from ..pipeline.session import Session
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..runs.provenance import write_result
from ..scoring.evaluation import evaluate
from ..scoring.score import ScoreEntry

RESULTS = Path("results/transfer")
# Added to a run's seed, so that the fresh policy has other initial weights than the reward's own.
FRESH = 1000


@dataclass(frozen=True)
class TransferResult:
    """A fresh policy trained on a frozen reward, beside the reward's own policy.

    Attributes:
        reward: name of the reward model.
        body: where the fresh policy learned.
        seed: of the run that the reward comes from.
        steps: environment steps of the fresh policy.
        fresh: score of the fresh policy.
        own: score of the reward's own policy.
        config: of the run that the reward comes from.
        learner: of the fresh policy.
        demonstrated_starts: share of episodes that begin at demonstrated states.
    """

    reward: str
    body: str
    seed: int
    steps: int
    fresh: ScoreEntry
    own: ScoreEntry
    config: ImitationConfig
    learner: PPOConfig
    demonstrated_starts: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "transfer",
            "reward": self.reward,
            "body": self.body,
            "seed": self.seed,
            "steps": self.steps,
            "fresh": self.fresh.to_json(),
            "reward's own policy": self.own.to_json(),
            "config": self.config.to_plain(),
            "learner": asdict(self.learner),
            "demonstrated starts": self.demonstrated_starts,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "TransferResult":
        """The result that `to_json` wrote."""
        return cls(
            plain["reward"],
            plain["body"],
            plain["seed"],
            plain["steps"],
            ScoreEntry.from_json(plain["fresh"]),
            ScoreEntry.from_json(plain["reward's own policy"]),
            ImitationConfig.from_plain(plain["config"]),
            from_plain(PPOConfig, plain["learner"]),
            plain.get("demonstrated starts", 0.0),
        )


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
    # The fresh policy's learner, with the settings of experts: a frozen reward is a task like any other.
    ppo: PPOConfig = field(default_factory=lambda: PPOConfig(gamma=0.995, gae_lambda=0.97))
    # Share of the fresh policy's episodes that begin at demonstrated states; 0 for none.
    demonstrated: float = 0.9
    # Folder of the results; a result that is there already is not made again.
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
            # The folder of a cell is named by all that its reward depends on.
            starts = "" if self.demonstrated else "-own-starts"
            file = self.results / f"{path.resolve().name}-{body}-{self.steps}{starts}.json"
            if not file.exists():
                random, expert = (finished["controls"][name]["mean"] for name in ("random", "expert"))
                result = self._transfer(run, config, body, random, expert)
                write_result(file, result.to_json())
                print(file, round(result.fresh.mean or 0.0), flush=True)

    def _transfer(
        self, run: RunFolder, config: ImitationConfig, body: str, random: float, expert: float
    ) -> TransferResult:
        model = load_reward_model(run.agent)
        if model is None:
            raise DataError(f"{run.path} holds no reward model; give the run of an imitator")
        settings = replace(config.gail, ppo=self.ppo)
        env = make_env(body, settings.n_envs, config.seed + FRESH, threads=1)
        if self.demonstrated:
            assert isinstance(env, BatchedEnv)
            states = np.concatenate([states_of(episode)[:-1] for episode in Session.load(config).demos])
            env.start_from(states, self.demonstrated)
        agent = GAIL(env, None, model, seed=config.seed + FRESH, config=settings, frozen=True)
        agent.learn(self.steps)
        fresh, own = (
            ScoreEntry.of(evaluate(policy, body, self.episodes), random, expert)
            for policy in (agent, load_policy(run.agent))
        )
        return TransferResult(
            config.reward, body, config.seed, self.steps, fresh, own, config, self.ppo, self.demonstrated
        )


if __name__ == "__main__":
    tyro.cli(Transfer).run()
