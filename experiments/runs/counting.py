"""A count with its noun, singular for one: '1 run', '4,000 steps'."""


def counted(n: int, noun: str) -> str:
    """The noun is given in the singular and takes an s."""
    return f"{n:,} {noun}{'s' * (n != 1)}"
