"""Small grids for tests, as text."""

from pathlib import Path

HOPPER = {"env": '"hopper"', "demos": '"hopper-expert"', "method": '"gail"'}


def grid_text(*blocks: dict[str, str], name: str = "tiny", evaluation_episodes: int = 1) -> str:
    """A grid file of blocks whose values are TOML already."""
    tables = (
        "[[block]]\n" + "\n".join(f"{k} = {v}" for k, v in (HOPPER | block).items()) for block in blocks
    )
    return f'name = "{name}"\nevaluation_episodes = {evaluation_episodes}\n' + "\n".join(tables) + "\n"


def write_grid(folder: Path, *blocks: dict[str, str], **about) -> Path:
    """A grid file."""
    path = folder / "tiny.toml"
    path.write_text(grid_text(*blocks, **about))
    return path
