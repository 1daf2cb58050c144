"""Published figures for rows of the paper grid, of other versions of the bodies and other experts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published score.

    Attributes:
        environment: our environment; the published one is an older version of the same body.
        method: name of the method in grids.
        episodes: number of demonstrations.
        subsample: every n-th step of the demonstrations was used.
        mean: mean return.
        std: standard deviation of the return as printed; None where none is printed.
        expert: return of the published demonstrations.
        steps: environment steps of training; None for cloning and where the source does not say.
        source: publication that holds the figure.
    """

    environment: str
    method: str
    episodes: int
    subsample: int
    mean: float
    std: float | None
    expert: float
    steps: int | None
    source: str

    @property
    def share(self) -> float:
        """Share of the published expert's return."""
        return self.mean / self.expert


# The figures come from tables that quote the paper, not from the paper itself.
GAIL_PAPER = "Ho & Ermon 2016, v1, TRPO (second-hand)"
IQ_LEARN = "Garg et al. 2021, table 3, v2"
NNABLA = "nnabla-rl's reproduction, v2, TRPO, the best point of its mean curve"
HOPPER, WALKER = "Hopper-v5", "Walker2d-v5"
PUBLISHED = (
    Published(HOPPER, "gail", 1, 1, 3252.5, None, 3532.7, None, IQ_LEARN),
    Published(HOPPER, "gail", 4, 1, 3639.06, 12.43, 3609.96, 25_000_000, NNABLA),
    Published(HOPPER, "gail", 4, 20, 3614.22, 7.17, 3571.38, 25_000_000, GAIL_PAPER),
    Published(HOPPER, "gail", 25, 20, 3560.85, 3.09, 3571.38, 25_000_000, GAIL_PAPER),
    Published(HOPPER, "bc", 25, 20, 3383.96, 657.61, 3571.38, None, GAIL_PAPER),
    Published(WALKER, "gail", 4, 1, 5029.58, 82.39, 4925.91, 25_000_000, NNABLA),
    Published(WALKER, "gail", 4, 20, 4877.98, 2848.37, 6717.08, 25_000_000, GAIL_PAPER),
)
