"""The verb `demo`: the main job on shipped demonstrations."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from ..pipeline.config import ImitationConfig
from .imitate import Imitate

# Enough for the hopper to imitate, few enough to watch; see the README.
DEMO_STEPS = 600_000


@dataclass
class Demo(Imitate):
    """The main job on shipped demonstrations: a hopper learns from four recorded episodes.

    Trains, evaluates beside the controls, films imitator and expert, writes the report.

    Example:
        gailforce demo
    """

    config: Annotated[ImitationConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: ImitationConfig("hopper", steps=DEMO_STEPS)
    )
