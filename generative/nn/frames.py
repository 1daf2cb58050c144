"""Networks on small pictures: 32 x 32 pixels in three colors, from -1 to 1, flattened channel first."""

from torch import nn

SIDE, COLORS = 32, 3
PIXELS = COLORS * SIDE * SIDE
# Channels at 16, 8 and 4 pixels a side, and pixels that are left at the end.
CHANNELS, LEFT = (32, 64, 128), 4


def looking(channels: int, outputs: int) -> nn.Sequential:
    """Pictures of so many channels -> features: convolutions that halve the side (Radford et al. 2016)."""
    layers: list[nn.Module] = []
    for before, after in zip((channels, *CHANNELS[:-1]), CHANNELS, strict=True):
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(CHANNELS[-1] * LEFT * LEFT, outputs))


def painting(inputs: int) -> nn.Sequential:
    """Features -> a frame: transposed convolutions that double the side."""
    first = [
        nn.Linear(inputs, CHANNELS[-1] * LEFT * LEFT),
        nn.Unflatten(1, (CHANNELS[-1], LEFT, LEFT)),
        nn.BatchNorm2d(CHANNELS[-1]),
        nn.ReLU(),
    ]
    layers: list[nn.Module] = []
    for before, after in zip(CHANNELS[::-1], CHANNELS[-2::-1], strict=False):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    last = [nn.ConvTranspose2d(CHANNELS[0], COLORS, 4, 2, 1), nn.Tanh()]
    return nn.Sequential(*first, *layers, *last)
