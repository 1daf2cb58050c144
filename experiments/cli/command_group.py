"""A verb with actions: `gailforce demos check FILE`."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...envs.errors import UsageError, unknown
from .command import Command


class CommandGroup:
    """A verb whose first argument names one of its actions, each a command of its own."""

    ACTIONS: ClassVar[Mapping[str, type[Command]]]

    @classmethod
    def chosen(cls, verb: str, arguments: Sequence[str]) -> tuple[str, type, list[str]]:
        """The action with its name in full, and the arguments after it.

        Raises:
            UsageError: no action, or an unknown one; lists them.
        """
        place = next((i for i, argument in enumerate(arguments) if not argument.startswith("-")), None)
        if place is None:
            if {"-h", "--help"} & set(arguments):
                return verb, cls, list(arguments)
            raise UsageError(f"which action? gailforce {verb} {'|'.join(cls.ACTIONS)}")
        name = arguments[place]
        if name not in cls.ACTIONS:
            raise unknown(f"action of {verb}", name, cls.ACTIONS)
        return f"{verb} {name}", cls.ACTIONS[name], [*arguments[:place], *arguments[place + 1 :]]

    @classmethod
    def help(cls, verb: str, arguments: Sequence[str]) -> str:
        """The list of actions."""
        actions = "\n".join(f"  {name:<10}{_summary(kind)}" for name, kind in cls.ACTIONS.items())
        return (
            f"usage: gailforce {verb} ACTION [NAME] [--flags]\n\n{_summary(cls)}\n\nactions:\n{actions}\n\n"
            f"gailforce {verb} ACTION --help describes the flags of an action."
        )


def _summary(kind: type) -> str:
    """The first line of a class's docstring."""
    return (kind.__doc__ or "").partition("\n")[0]
