"""The colors of charts and pages, in light and dark, one role each."""

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f6f7f9",
    "ink": "#16191d",
    "muted": "#5a626d",
    "grid": "#e2e5e9",
    "agent": "#1f5fd0",
    "expert": "#0b7a5a",
    "cloning": "#a85f00",
    "constant": "#a03d7e",
    "random": "#69727e",
    "alarm": "#b3261e",
}
DARK = {
    "paper": "#101317",
    "panel": "#181c22",
    "ink": "#e9ecf0",
    "muted": "#9ba5b1",
    "grid": "#2a3038",
    "agent": "#7fabff",
    "expert": "#58c9a3",
    "cloning": "#e5a552",
    "constant": "#e08fc0",
    "random": "#8d97a4",
    "alarm": "#ff8f85",
}
# What a line, a dot or a mark may stand for; `ink` and `muted` for whatever has no role.
TONES = ("agent", "expert", "cloning", "constant", "random", "alarm", "muted", "ink")


def variables(selector: str) -> str:
    """CSS that gives `selector` every color as a variable (`--agent`), following the reader's scheme."""
    return f"{selector}{{{_declared(LIGHT)}}}\n" + (
        f"@media (prefers-color-scheme:dark){{{selector}{{{_declared(DARK)}}}}}"
    )


def tone(name: str) -> str:
    """The CSS value of a tone.

    Raises:
        KeyError: no such tone.
    """
    if name not in TONES:
        raise KeyError(f'no tone "{name}"; there are: {", ".join(TONES)}')
    return f"var(--{name})"


def _declared(colors: dict[str, str]) -> str:
    return ";".join(f"--{name}:{color}" for name, color in colors.items())
