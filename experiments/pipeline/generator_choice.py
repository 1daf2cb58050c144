"""Settings that belong to the generator a command line names."""

from collections.abc import Sequence

from ...envs.errors import UsageError
from ...generative.trajectories.generator_families import GENERATORS
from ..runs.flags import Flag, flags_of
from .choices import table_in, value_of

FLAG = "generator"


def generator_groups(verb: type, arguments: Sequence[str]) -> dict[str, list[Flag]]:
    """The flags of a verb that fits a generator: the common ones, and the settings of the one named."""
    chosen, flags = value_of(FLAG, arguments), flags_of(verb)
    groups = {"flags (--generator NAME --help shows its settings)": [f for f in flags if "." not in f.name]}
    if chosen in GENERATORS:
        own = {part.replace("_", "-") for part in GENERATORS[chosen].settings}
        groups[f"settings of the generator {chosen}"] = [f for f in flags if f.name.partition(".")[0] in own]
    return groups


def require_own_settings(arguments: Sequence[str], default: str) -> None:
    """Refuse settings that the chosen generator does not use.

    Raises:
        UsageError: names the setting and the generators that have it.
    """
    chosen = value_of(FLAG, arguments) or default
    if chosen not in GENERATORS:
        return
    for argument in arguments:
        users = [name for name, family in GENERATORS.items() if table_in(argument) in family.settings]
        if users and chosen not in users:
            names = " or ".join(f"--generator {name}" for name in users)
            raise UsageError(
                f"{argument.partition('=')[0]} is no setting of the generator {chosen}; add {names}"
            )
