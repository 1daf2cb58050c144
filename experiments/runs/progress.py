"""Progress of long work: Stable-Baselines3's bar in a terminal, plain lines elsewhere."""

import sys
import time

from stable_baselines3.common.callbacks import BaseCallback, ProgressBarCallback

# Seconds between two plain lines.
INTERVAL = 10.0


class PlainProgress(BaseCallback):
    """A line with steps, speed and time left, every ten seconds, on standard error."""

    def _on_training_start(self) -> None:
        self._started = self._last = time.time()
        self._first = self.num_timesteps
        self._total = self.model._total_timesteps

    def _on_step(self) -> bool:
        now = time.time()
        if now - self._last >= INTERVAL:
            self._last = now
            speed = (self.num_timesteps - self._first) / (now - self._started)
            left = max(0.0, (self._total - self.num_timesteps) / speed)
            print(
                f"step {self.num_timesteps:,} of {self._total:,}, {speed:,.0f} steps/s, "
                f"{left // 60:.0f}:{left % 60:02.0f} left",
                file=sys.stderr,
                flush=True,
            )
        return True


def progress(plain: bool = False) -> BaseCallback:
    """The bar on a terminal; plain lines where asked for, or where the bar would end up in a file.

    Args:
        plain: standard output is for the result alone, as with --json.
    """
    # The bar draws on standard output.
    terminal = sys.stdout.isatty() and sys.stderr.isatty()
    return ProgressBarCallback() if terminal and not plain else PlainProgress()
