"""Settings of reward models: how a critic is fed, and what is particular to each family."""

from dataclasses import dataclass, field

from ..families.airl import AIRLConfig
from ..families.autoencoder import AutoEncoderConfig, REDConfig
from ..families.boltzmann import RBMConfig
from ..families.cfil import CFILConfig
from ..families.deep_belief import DBNConfig
from ..families.diffusion_rewards import DiffAILConfig, DRAILConfig
from ..families.flow import FlowConfig
from ..families.gan import GANConfig
from ..families.linear import LogisticConfig, OneClassSVMConfig, SVMConfig
from ..families.lstm import LSTMConfig
from ..families.markov import HMMConfig
from ..families.mixture import MixtureConfig
from ..families.transformer import GPTConfig
from ..families.vae import VAEConfig
from ..families.vail import VAILConfig
from ..interfaces.critics import DensityConfig
from ..interfaces.standardize import CLIP
from ..nn.gaussians import PriorConfig

# Draws every covariance to the spread of all demonstrations, with the weight of all rows.
BROAD = PriorConfig(prior_std=1.0, shrinkage=1.0)


@dataclass(frozen=True)
class RewardConfig:
    """How a reward model is fed, and the settings of the families."""

    # Gradient steps of the critic for each rollout; usually 4-32.
    updates: int = 16
    # Expert and agent samples, each, in one gradient step.
    batch_size: int = 256
    # Rollouts the agent's samples are drawn from, the newest included.
    replay: int = 4
    # Bound on the inputs, in standard deviations of the demonstrations.
    input_clip: float = CLIP
    gan: GANConfig = field(default_factory=GANConfig)
    lsgan: GANConfig = field(default_factory=GANConfig)
    hinge: GANConfig = field(default_factory=GANConfig)
    wgan_gp: GANConfig = field(default_factory=GANConfig)
    airl: AIRLConfig = field(default_factory=AIRLConfig)
    vail: VAILConfig = field(default_factory=VAILConfig)
    vae: VAEConfig = field(default_factory=VAEConfig)
    ae: AutoEncoderConfig = field(default_factory=AutoEncoderConfig)
    red: REDConfig = field(default_factory=REDConfig)
    diffail: DiffAILConfig = field(default_factory=DiffAILConfig)
    drail: DRAILConfig = field(default_factory=DRAILConfig)
    flow: FlowConfig = field(default_factory=FlowConfig)
    cfil: CFILConfig = field(default_factory=CFILConfig)
    gpt: GPTConfig = field(default_factory=GPTConfig)
    lstm: LSTMConfig = field(default_factory=LSTMConfig)
    # Few and broad: narrow parts of a nearly singular gait pay nothing between them, and exploration dies.
    gmm: MixtureConfig = field(default_factory=lambda: MixtureConfig(parts=(1,)))
    hmm: HMMConfig = field(default_factory=lambda: HMMConfig(phases=2, prior=BROAD))
    rbm: RBMConfig = field(default_factory=RBMConfig)
    dbn: DBNConfig = field(default_factory=DBNConfig)
    logistic: LogisticConfig = field(default_factory=LogisticConfig)
    svm: SVMConfig = field(default_factory=SVMConfig)
    one_class_svm: OneClassSVMConfig = field(default_factory=OneClassSVMConfig)
    # What all ratios and anchored densities share.
    density: DensityConfig = field(default_factory=DensityConfig)

    def __post_init__(self) -> None:
        for name in ("updates", "batch_size", "replay"):
            if getattr(self, name) < 1:
                raise ValueError(f"a reward model needs {name} of at least 1; got {getattr(self, name)}")
