"""Settings of world models that are fitted in a moment."""

from gailforce.generative.families.ensemble import EnsembleConfig
from gailforce.generative.interfaces.window_model import FitConfig
from gailforce.generative.worlds.world_families import WorldConfig

QUICK = WorldConfig(
    fit=FitConfig(updates=30, batch_size=64),
    draws=2,
    ensemble=EnsembleConfig(members=2, elites=2, layers=(16,)),
)
