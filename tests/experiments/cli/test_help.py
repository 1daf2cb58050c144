"""Help is short, and every setting is reachable, described, and refused where it is not used."""

import dataclasses
import importlib
import re

import pytest

from gailforce.agents.model_based.training import ModelBasedConfig
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.experiments.cli.main import answer
from gailforce.experiments.cli.verbs import VERBS
from gailforce.experiments.pipeline.choices import Choices
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.flags import flags_of
from gailforce.generative.interfaces.model import Critic
from gailforce.generative.rewards.reward_config import RewardConfig
from gailforce.generative.rewards.reward_families import FAMILIES, register_reward, table_of
from gailforce.generative.trajectories.generator_families import GENERATORS, GeneratorConfig
from gailforce.generative.worlds.world_families import WORLDS, WorldConfig

CHOICES = [
    *(["imitate", "--reward", name] for name in FAMILIES),
    *(["imitate", "--world-model", name] for name in WORLDS),
    *(["generate", "--generator", name] for name in GENERATORS),
    *(["demo", "--learner", "ppo"], ["imitate", "--learner", "ppo"]),
]


@pytest.fixture(autouse=True)
def hundred_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


def _help(capsys, arguments):
    assert answer([*arguments, "--help"]) == 0
    return capsys.readouterr().out


def _verb(name):
    module, kind, _ = VERBS[name]
    return getattr(importlib.import_module(f"gailforce.experiments.cli.{module}"), kind)


# Every command: a verb, or an action of one.
COMMANDS = {
    " ".join((verb, *action)): kind
    for verb in VERBS
    for action, kind in (
        [((name,), one) for name, one in _verb(verb).ACTIONS.items()]
        if hasattr(_verb(verb), "ACTIONS")
        else [((), _verb(verb))]
    )
}


@pytest.mark.parametrize("command", ["demos", *COMMANDS])
def test_the_help_of_a_command_fits_on_a_page(capsys, command):
    lines = _help(capsys, command.split()).splitlines()
    assert 5 < len(lines) <= (70 if command == "imitate" else 80)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_of_a_command_is_in_some_help_of_it(capsys, command):
    choices = [rest for verb, *rest in CHOICES if verb == command]
    text = "".join(_help(capsys, [*command.split(), *rest]) for rest in ([], *choices))
    shown = {flag.rstrip(".,") for flag in re.findall(r"(?<![\w-])--[\w.-]+", text)}
    flags = [flag for flag in flags_of(COMMANDS[command]) if not flag.positional]
    assert len(flags) >= 1
    opposites = {flag.name: re.sub(r"([^.]+)$", r"no-\1", flag.name) for flag in flags}
    assert [name for name, no in opposites.items() if not {f"--{name}", f"--{no}"} & shown] == []


def test_the_list_of_actions_names_no_flag_of_an_action(capsys):
    text = _help(capsys, ["demos"])
    assert "--rate" not in text
    assert all(f"  {name}" in text for name in _verb("demos").ACTIONS)
    assert "--rate" in _help(capsys, ["demos", "repair"])
    assert "--rate" not in _help(capsys, ["demos", "import"])


@pytest.mark.parametrize("arguments", CHOICES, ids=" ".join)
def test_the_help_of_a_choice_fits_on_a_page_and_has_no_deep_flag(capsys, arguments):
    text = _help(capsys, arguments)
    assert len(text.splitlines()) <= 80
    flags = [word for word in text.split() if word.startswith("--")]
    assert max(flag.rstrip(".,").count(".") for flag in flags) <= 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_described(command):
    assert [flag.name for flag in flags_of(COMMANDS[command]) if not flag.text] == []


@pytest.mark.parametrize("name", FAMILIES)
def test_every_setting_of_a_family_is_in_its_help_with_a_text(capsys, name):
    text = _help(capsys, ["imitate", "--reward", name])
    for flag in flags_of(FAMILIES[name].config_class, None, f"{table_of(name).replace('_', '-')}."):
        assert flag.text, flag.name
        last = flag.name.rpartition(".")[2]
        assert f"--{flag.name}" in text or flag.name.replace(last, f"no-{last}") in text


@pytest.mark.parametrize("name", WORLDS)
def test_every_setting_of_a_world_model_is_in_its_help(capsys, name):
    text = _help(capsys, ["imitate", "--world-model", name])
    own = table_of(name)
    others = {table_of(other) for other in WORLDS}
    names = [f"model-based.{f.name}" for f in dataclasses.fields(ModelBasedConfig) if f.name != "world"]
    names += [f"world.{f.name}" for f in dataclasses.fields(WorldConfig) if f.name not in others]
    names += [f"world-{own}.{f.name}" for f in dataclasses.fields(getattr(WorldConfig(), own))]
    assert [name for name in names if f"--{name.replace('_', '-')}" not in text] == []


def test_every_setting_of_training_and_learner_is_in_some_help(capsys):
    text = _help(capsys, ["imitate"]) + _help(capsys, ["imitate", "--learner", "ppo"])
    names = [f"ppo.{f.name}" for f in dataclasses.fields(PPOConfig)]
    names += [f"reward.{f.name}" for f in dataclasses.fields(RewardConfig)]
    assert [name for name in names if f"--{name.replace('_', '-')}" not in text] == []


def test_every_setting_of_the_generators_is_in_some_help(capsys):
    text = "".join(_help(capsys, ["generate", "--generator", name]) for name in GENERATORS)
    flags = [flag.name for flag in flags_of(GeneratorConfig)]
    assert [name for name in flags if f"--{name}" not in text] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["imitate", "hopper", "--vail.limit", "1"],
            "a setting of the reward model vail; add --reward vail",
        ),
        (["imitate", "hopper", "--reward", "vail", "--gan.penalty=1"], "add --reward gan"),
        (["imitate", "hopper", "--wgan_gp.penalty", "1"], "add --reward wgan-gp"),
        (["imitate", "hopper", "--world.draws", "4"], "add --world-model ensemble"),
        (
            ["imitate", "hopper", "--world-model", "gan", "--world-lstm.features", "4"],
            "add --world-model lstm",
        ),
        (["generate", "hopper", "--generator", "gmm", "--lstm.features", "4"], "add --generator lstm"),
        (["imitate", "hopper", "--reward", "vial"], "did you mean vail"),
    ],
)
def test_a_setting_of_another_choice_is_refused_with_the_choice_that_has_it(capsys, arguments, words):
    assert answer(arguments) == 2
    assert words in capsys.readouterr().err


def _parsed(arguments):
    import tyro

    kind = _verb(arguments[0])
    return tyro.cli(kind.parsed_class(arguments[1:]), args=arguments[1:]).config


def test_the_default_rewards_settings_need_no_name():
    config = _parsed(["imitate", "hopper", "--gan.penalty", "3"])
    assert config.family_settings.penalty == 3.0
    assert _parsed(["imitate", "hopper"]) == ImitationConfig("hopper")


def test_settings_of_a_named_choice_arrive():
    reward = ["--reward", "vail", "--vail.limit", "0.25", "--vail.optimizer.learning-rate", "0.1"]
    learner = ["--ppo.epochs", "3", "--reward.updates", "2", "--n-envs", "7"]
    world = ["--world-model", "lstm", "--world-lstm.features", "8", "--world.draws", "4"]
    config = _parsed(["imitate", "hopper", *reward, *learner, *world])
    assert (config.family_settings.limit, config.family_settings.optimizer.learning_rate) == (0.25, 0.1)
    assert (config.gail.ppo.epochs, config.gail.reward.updates, config.gail.n_envs) == (3, 2, 7)
    assert (config.model_based.world.lstm.features, config.model_based.world.draws) == (8, 4)
    assert ImitationConfig.from_plain(config.to_plain()) == config


def test_a_run_stores_the_settings_it_uses_alone():
    plain = _parsed(["imitate", "hopper", "--reward", "vail"]).to_plain()
    assert "vail" in plain
    assert not {"gan", "dream", "world", "family_config"} & set(plain)


@dataclasses.dataclass(frozen=True)
class MineConfig:
    """Settings of a user's family."""

    # Weight of something [kg]; usually 1-2.
    weight: float = 1.0


class Mine(Critic):
    """A user's critic."""

    def __init__(self, widths, seed, config):
        super().__init__()
        self.weight = config.weight

    def update(self, expert, agent):
        return {}

    def logit(self, x):
        return x[:, 0]


def test_a_users_family_has_its_own_flags_and_help(capsys, request):
    register_reward("mine", Mine, MineConfig)
    request.addfinalizer(lambda: FAMILIES.pop("mine"))
    assert "Weight of something [kg]" in _help(capsys, ["imitate", "--reward", "mine"])
    assert _parsed(
        ["imitate", "hopper", "--reward", "mine", "--mine.weight", "2"]
    ).family_settings == MineConfig(2.0)
    assert Choices.of(["--reward", "mine"]).tables["mine"][0] is MineConfig


def test_models_prints_the_settings_of_one_family(capsys):
    assert answer(["models", "vail"]) == 0
    text = capsys.readouterr().out
    assert "--vail.limit FLOAT" in text
    assert "[nats]" in text
    assert answer(["models", "vial"]) == 2
