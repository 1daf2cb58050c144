"""Experts of another algorithm: Stable-Baselines3's SAC on the true reward, resumable.

`python -m gailforce.experiments.studies.sac_expert hopper 400000 runs/sac-hopper` trains in `gymnasium.make`
with the settings of RL Baselines3 Zoo for Hopper and Walker2d (SAC's defaults, 10,000 random steps first),
and writes `sac.zip`, the replay buffer and `returns.jsonl` every 20,000 steps. The same command goes on where
it stopped. Record the result with `gailforce record hopper --policy runs/sac-hopper/sac.zip`.
"""

import json
import os
import sys
from pathlib import Path

import gymnasium
import numpy as np
from stable_baselines3 import SAC
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

from ...envs.registry import env_id
from ..runs.process import one_thread

# Environment steps between two checkpoints, and episodes of the evaluation at each.
SAVE_EVERY, EPISODES = 20_000, 5
# RL Baselines3 Zoo, hyperparams/sac.yml, Hopper and Walker2d: all else is SAC's default.
LEARNING_STARTS = 10_000
EVALUATION_SEED = 910_000


def train(name: str, steps: int, folder: Path, seed: int = 0) -> None:
    """Train up to `steps` environment steps, from the newest checkpoint of the folder if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    policy, replay = folder / "sac.zip", folder / "replay.pkl"
    env = gymnasium.make(env_id(name))
    if policy.exists() and replay.exists():
        # The folder is this command's own: nothing from outside is unpickled.
        model = SAC.load(policy, env=env, device="cpu")
        model.load_replay_buffer(replay)
    else:
        model = SAC("MlpPolicy", env, learning_starts=LEARNING_STARTS, seed=seed, device="cpu")
    while model.num_timesteps < steps:
        model.learn(min(SAVE_EVERY, steps - model.num_timesteps), reset_num_timesteps=False)
        _save(model, policy, replay)
        returns = _returns(model, name)
        line = {"step": model.num_timesteps, "returns": returns}
        with (folder / "returns.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(f"{name}: step {model.num_timesteps:,}, return {np.mean(returns):,.0f}", flush=True)


def _save(model: SAC, policy: Path, replay: Path) -> None:
    """Both files under other names first, so that a kill leaves the older pair."""
    parts = policy.with_name("part-sac.zip"), replay.with_name("part-replay.pkl")
    model.save(parts[0])
    model.save_replay_buffer(parts[1])
    os.replace(parts[1], replay)
    os.replace(parts[0], policy)


def _returns(model: SAC, name: str) -> list[float]:
    """Returns of deterministic episodes; the environment is not the training's."""
    env = Monitor(gymnasium.make(env_id(name)))
    env.reset(seed=EVALUATION_SEED)
    returns, _ = evaluate_policy(model, env, EPISODES, return_episode_rewards=True)
    assert isinstance(returns, list)
    return [float(value) for value in returns]


if __name__ == "__main__":
    one_thread()
    train(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
