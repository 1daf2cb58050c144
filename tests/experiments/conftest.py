"""A run folder as `imitate` writes it, of generated numbers: no training stands behind it."""

import json
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import pytest

from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.toml import write_toml
from gailforce.experiments.scoring.reading import PlainTable
from gailforce.experiments.scoring.run_result import DemosFacts, RunResult
from gailforce.experiments.scoring.score import Score, ScoreEntry, ScoreTable

CONFIG = ImitationConfig("hopper", steps=1_500_000)
COMMAND = "gailforce imitate hopper --demos hopper-expert --episodes 4 --reward gan --steps 1_500_000"
# Mean returns of the fixture's references.
RANDOM, EXPERT = 18.0, 3324.0


def score(mean: float, deviation: float, seed: int, source: str, low: float | None = None) -> ScoreEntry:
    """A score of 50 episodes around a mean, of which some fall where there is a lowest return."""
    generator = np.random.default_rng(seed)
    returns = generator.normal(mean, deviation, 50)
    if low is not None:
        returns[generator.random(50) < 0.2] = generator.uniform(low, mean, 50)[0]
    lengths = np.clip(returns / 3.3, 10, 1000).astype(int)
    episodes = Score(
        tuple(returns.round(2).tolist()), tuple(lengths.tolist()), tuple(range(1000, 1050)), source
    )
    return ScoreEntry.of(episodes, RANDOM, EXPERT)


def result() -> dict:
    """A result.json of an imitation that reached its expert."""
    agent = {
        "deterministic": score(3296.0, 9.0, 1, "this run, deterministic"),
        "exploring": score(2960.0, 210.0, 2, "this run, exploring", low=700.0),
    }
    constant = "the same learner paid a constant reward for 1,500,000 steps"
    controls = {
        "random": score(RANDOM, 12.0, 3, "uniformly random actions"),
        "bc": score(412.0, 180.0, 4, "cloning the same demonstrations"),
        "constant": score(1010.0, 12.0, 5, constant),
        "expert": score(EXPERT, 4.0, 6, "the episodes of hopper-expert"),
    }
    return RunResult(
        kind="imitation",
        environment="Hopper-v5",
        horizon=CONFIG.horizon,
        method="GAIL",
        reward_model=CONFIG.reward,
        inputs=CONFIG.inputs,
        form=CONFIG.form,
        demonstrations=DemosFacts("hopper-expert", 4, 4000, "5f2c" * 16),
        steps=CONFIG.steps,
        seed=CONFIG.seed,
        config=PlainTable(CONFIG.to_plain()),
        commit="5f2c5f2",
        versions={"gailforce": "0.1.0", "torch": "2.13.0", "mujoco": "4.0.0", "gymnasium": "1.4.0"},
        command=COMMAND,
        run="runs/imitate-hopper-20260101-000000-1",
        seconds={"training": 212.4, "evaluation": 9.8},
        steps_per_second=7062,
        real_steps=CONFIG.steps,
        scores=ScoreTable(agent, controls),
    ).to_json()


def metrics() -> list[dict[str, float]]:
    """Lines of metrics.jsonl: the discriminator's after every rollout, the evaluation's after every tenth."""
    generator = np.random.default_rng(7)
    lines: list[dict[str, float]] = []
    for i, step in enumerate(range(4096, 1_500_001, 4096)):
        learned = 1 / (1 + np.exp(-(step - 620_000) / 130_000))
        gap = 5.5 * (1 - 0.93 * learned) + generator.normal(0, 0.12)
        lines.append(
            {
                "step": step,
                "seconds": step / 7062,
                "discriminator/expert_accuracy": 0.98 - 0.40 * learned + generator.normal(0, 0.012),
                "discriminator/agent_accuracy": 0.97 - 0.36 * learned + generator.normal(0, 0.015),
                "discriminator/expert_logit": gap / 2,
                "discriminator/agent_logit": -gap / 2 + generator.normal(0, 0.05),
                "discriminator/loss": 0.1 + 0.55 * learned,
                "rollout/ep_len_mean": 20 + 960 * learned,
            }
        )
        if i % 10 == 9:
            mean = 18 + 3280 * learned + generator.normal(0, 160) * (1 - learned) * learned * 4
            half = 30 + 900 * learned * (1 - learned)
            lines.append(
                {
                    "step": step,
                    "eval/return_mean": mean,
                    "eval/return_low": mean - half,
                    "eval/return_high": min(mean + half, 3340),
                    "eval/episodes": 10,
                }
            )
    return lines


def write_run(folder: Path, result: dict, lines: list[dict], video: bool = True) -> Path:
    """A run folder of the given result and metrics, with a video of a moving square."""
    (folder / "videos").mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "command.txt").write_text(COMMAND + "\n")
    write_toml(folder / "config.toml", {"kind": "imitation", **CONFIG.to_plain()})
    if video:
        with imageio.get_writer(
            folder / "videos" / "beside-expert.mp4", fps=10, macro_block_size=2
        ) as writer:
            for i in range(10):
                frame = np.full((120, 240, 3), 235, np.uint8)
                frame[70:100, 10 + 8 * i : 40 + 8 * i] = (40, 95, 208)
                writer.append_data(frame)
    return folder


@pytest.fixture(scope="session")
def fixture_result() -> dict:
    return result()


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A complete run whose imitator reached its expert."""
    return write_run(tmp_path / "hopper-run", result(), metrics())


@pytest.fixture(scope="session")
def written_run():
    """Writes a run folder of any result."""
    return write_run
