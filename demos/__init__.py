"""Demonstrations: recorded episodes, the files that keep them safe, and the sets shipped with the package."""

from .card import Card
from .dataset import Demonstrations
from .trajectory import Trajectory, Transitions

__all__ = ["Card", "Demonstrations", "Trajectory", "Transitions"]
