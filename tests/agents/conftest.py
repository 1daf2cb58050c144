"""One torch thread: small networks get slower with more."""

import sys
from pathlib import Path

import torch

torch.set_num_threads(1)
# The probes stand beside their tests.
sys.path.insert(0, str(Path(__file__).parent))
