"""The verb `demos`: list, describe, check, import, export and repair demonstrations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro

from ...demos.dataset import Demonstrations, require_environment
from ...demos.formats.registry import export_minari, import_file
from ...demos.library import shipped_names
from ...demos.physics_check import largest_residual
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.counting import counted
from .command import Command
from .repair import RepairOptions, repair

Action = Literal["list", "card", "check", "import", "export", "repair"]


@dataclass
class Demos(Command):
    """Look after demonstrations.

    Examples:
        gailforce demos list
        gailforce demos card hopper-expert
        gailforce demos check my-demos.gfd
        gailforce demos import minari:mujoco/hopper/expert-v0 --out theirs.gfd
        gailforce demos import mine.npz --env Hopper-v5 --out mine.gfd
        gailforce demos export hopper-expert --out mujoco/hopper/gailforce-v0
        gailforce demos repair lossy.npz --env hopper --out whole.gfd
        gailforce demos repair frames.npz --env hopper --rate 4 --out smooth.gfd
    """

    # What to do.
    action: Annotated[Action, tyro.conf.Positional]
    # A shipped name, a file, minari:ID, or an .npz to import.
    name: Annotated[str, tyro.conf.Positional] = ""
    # The environment, where a file does not say.
    env: str | None = None
    # The file to write, or the Minari id to export to.
    out: str | None = None
    # How repair works.
    repair: Annotated[RepairOptions, tyro.conf.arg(name="")] = field(default_factory=RepairOptions)

    def run(self) -> dict[str, Any]:
        """Do what the action says."""
        if self.action != "list" and not self.name:
            raise UsageError(f"which demonstrations? gailforce demos {self.action} NAME")
        if self.action in ("import", "export", "repair") and self.out is None:
            raise UsageError(f"gailforce demos {self.action} needs --out")
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            "list": self._list,
            "card": self._card,
            "check": self._check,
            "import": self._import,
            "export": self._export,
            "repair": self._repair,
        }
        return actions[self.action]()

    def _list(self) -> dict[str, Any]:
        return {name: Demonstrations.load(name).card.as_dict() for name in shipped_names()}

    def _card(self) -> dict[str, Any]:
        return Demonstrations.load(self.name).card.as_dict()

    def _check(self) -> dict[str, Any]:
        """Reading has verified hashes, widths and finiteness; here follows what can be wrong all the same."""
        demos = Demonstrations.load(self.name)
        obs_size, space = spaces(demos.env_id)
        require_environment(demos, demos.env_id, obs_size, space.shape[0])
        actions = np.concatenate([t.actions for t in demos])
        at_bounds = (actions <= space.low) | (actions >= space.high)
        known = {t.obs.tobytes() for t in demos}
        return {
            "episodes": len(demos),
            "steps": demos.steps,
            "environment": demos.env_id,
            "states": demos[0].states is not None,
            "rewards": demos.returns is not None,
            "duplicate_episodes": len(demos) - len(known),
            "share_of_actions_at_bounds": float(at_bounds.mean()),
            "largest_physics_residual": largest_residual(demos),
        }

    def _import(self) -> dict[str, Any]:
        demos = import_file(self.name, self.env)
        return {"path": str(demos.save(str(self.out))), "episodes": len(demos), "steps": demos.steps}

    def _export(self) -> dict[str, Any]:
        export_minari(Demonstrations.load(self.name), str(self.out))
        return {"minari_id": self.out}

    def _repair(self) -> dict[str, Any]:
        if self.env is None:
            raise UsageError("whose recording? gailforce demos repair FILE --env hopper --out OUT")
        return repair(self.name, self.env, Path(str(self.out)), self.repair)

    def describe(self, result: dict[str, Any]) -> str:
        """The card as its own text, a list as one line a set, the rest as it is."""
        if self.action == "card":
            return Demonstrations.load(self.name).card.describe()
        if self.action == "list":
            return (
                "\n".join(_line(name, card) for name, card in result.items())
                or "no demonstrations are shipped"
            )
        return super().describe(result)


def _line(name: str, card: dict[str, Any]) -> str:
    returns = f"{card['mean_return']:,.0f} +- {card['std_return']:,.0f}"
    return f"{name:<20}{card['env_id']:<14}{counted(card['episodes'], 'episode'):>13}, return {returns}"
