"""What a verb of the command is: typed arguments, a result in plain values, and a text about it."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import tyro

JsonFlag = Annotated[bool, tyro.conf.FlagCreatePairsOff]


@dataclass
class Command:
    """Base of every verb; its fields are the flags of all of them."""

    # Print the result as one JSON object instead of text.
    json: JsonFlag = field(default=False, kw_only=True)

    def run(self) -> dict[str, Any]:
        """Do the work; the result holds plain values only."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")

    def describe(self, result: dict[str, Any]) -> str:
        """The result in words, for people."""
        return "\n".join(f"{key}: {value}" for key, value in result.items())
