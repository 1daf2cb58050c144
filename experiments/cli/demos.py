"""The verb `demos`: list, describe, check, import, export and repair demonstrations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import tyro

from ...demos.card import Card
from ...demos.dataset import Demonstrations
from ...demos.library import shipped_names
from ...demos.set_check import SetCheck, check_set
from ..runs.counting import counted
from .command import Command
from .command_group import CommandGroup
from .demos_writing import Export, Import, Repair


@dataclass(frozen=True)
class Cards:
    """The cards of sets, by name."""

    cards: Mapping[str, Card]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {name: card.as_dict() for name, card in self.cards.items()}


@dataclass
class ListSets(Command[Cards]):
    """List the shipped demonstrations.

    Example:
        gailforce demos list
    """

    def run(self) -> Cards:
        """Read every card."""
        return Cards({name: Demonstrations.load(name).card for name in shipped_names()})

    def describe(self, result: Cards) -> str:
        """One line a set."""
        lines = [f"{name:<20}{_line(card)}" for name, card in result.cards.items()]
        return "\n".join(lines) or "no demonstrations are shipped"


def _line(card: Card) -> str:
    returns = f"return {card.mean_return or 0:,.0f} +- {card.std_return or 0:,.0f}"
    return f"{card.env_id:<14}{counted(card.episodes, 'episode'):>13}, {returns}"


@dataclass(frozen=True)
class SetCard:
    """The card of one set."""

    card: Card

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return self.card.as_dict()


@dataclass
class ShowCard(Command[SetCard]):
    """Print the card of a set: its maker, command, versions and returns.

    Example:
        gailforce demos card hopper-expert
    """

    # A shipped name, a file, or minari:ID.
    name: Annotated[str, tyro.conf.Positional]

    def run(self) -> SetCard:
        """Read the card."""
        return SetCard(Demonstrations.load(self.name).card)

    def describe(self, result: SetCard) -> str:
        """The card as its own text."""
        return result.card.describe()


@dataclass
class Check(Command[SetCheck]):
    """Check a set: repeated episodes, actions at their bounds, agreement with physics.

    Example:
        gailforce demos check my-demos.gfd
    """

    # A shipped name, a file, or minari:ID.
    name: Annotated[str, tyro.conf.Positional]

    def run(self) -> SetCheck:
        """Load, which verifies hashes, widths and finiteness, then measure."""
        return check_set(Demonstrations.load(self.name))


class Demos(CommandGroup):
    """List, describe, check, import, export and repair demonstrations."""

    ACTIONS: ClassVar[Mapping[str, type[Command]]] = {
        "list": ListSets,
        "card": ShowCard,
        "check": Check,
        "import": Import,
        "export": Export,
        "repair": Repair,
    }
