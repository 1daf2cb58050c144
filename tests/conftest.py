"""One torch thread in every test: small networks get slower with more."""

import torch

torch.set_num_threads(1)
