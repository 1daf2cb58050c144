"""Every flag and command that a message, a docstring or a page names parses."""

import ast
import functools
import importlib
import re
from pathlib import Path

import pytest
import tyro

from gailforce.experiments.cli.command_group import CommandGroup
from gailforce.experiments.cli.imitate import Imitate
from gailforce.experiments.cli.verbs import VERBS
from gailforce.experiments.runs.flags import flags_of
from gailforce.generative.rewards.reward_families import FAMILIES
from gailforce.generative.worlds.world_families import WORLDS

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("envs", "demos", "agents", "generative", "experiments")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]

# Flags of other programs, and the placeholder of a usage line; a variable of CSS stands in `var(...)`.
OTHERS = {
    "pip": {"--upgrade", "--force-reinstall"},
    "ray": {"--head"},
    "git": {"--short"},
    "usage": {"--flags"},
}
FLAG = re.compile(r"(?<![\w-])(?<!var\()--[a-z][\w.-]*")
# A command ends with its line's code mark, its clause, its paragraph or the next command.
END = r"(?=gailforce [a-z]|python -m|[`;)]|\n\s*\n|\Z)"
COMMAND = re.compile(rf"gailforce\s+(?P<verb>[a-z]+)(?:\s+(?P<action>[a-z]+))?(?P<rest>.*?){END}", re.DOTALL)
STUDY = re.compile(
    rf"python -m gailforce\.experiments\.studies\.(?P<study>[\w.]+)(?P<rest>.*?){END}", re.DOTALL
)
CHOICES = [
    ["--learner", "ppo"],
    *(["--reward", name] for name in FAMILIES),
    *(["--world-model", name] for name in WORLDS),
]


def _kind(verb):
    module, name, _ = VERBS[verb]
    return getattr(importlib.import_module(f"gailforce.experiments.cli.{module}"), name)


def _typed(flags):
    """Flags as they are typed; a switch has its opposite."""
    names = {f"--{flag.name}" for flag in flags if not flag.positional}
    opposites = {
        "--" + ".".join((*flag.name.split(".")[:-1], "no-" + flag.name.split(".")[-1]))
        for flag in flags
        if not flag.kind
    }
    return names | opposites | {"--help"}


@functools.cache
def flags_of_command(verb, action=None):
    """The flags of a verb with those of everything it can choose; of one action where one is named."""
    kind = _kind(verb)
    if issubclass(kind, CommandGroup):
        kinds = [kind.ACTIONS[action]] if action in kind.ACTIONS else kind.ACTIONS.values()
        return frozenset().union(*(_typed(flags_of(one)) for one in kinds))
    flags = list(flags_of(kind))
    for choice in CHOICES if issubclass(kind, Imitate) else []:
        flags += [flag for group in kind.groups(choice).values() for flag in group]
    return frozenset(_typed(flags))


@functools.cache
def flags_of_study(name):
    """The flags of a study's own command; none where it takes none."""
    path = ROOT / "experiments/studies" / f"{name.replace('.', '/')}.py"
    if not path.is_file():
        return frozenset({"--help"})
    kinds = re.findall(r"tyro\.cli\((\w+)\)", path.read_text())
    module = importlib.import_module(f"gailforce.experiments.studies.{name}")
    return frozenset().union({"--help"}, *(_typed(flags_of(getattr(module, kind))) for kind in kinds))


@functools.cache
def flags_of_any():
    """The flags of all verbs and studies."""
    studies = [
        ".".join(path.relative_to(ROOT / "experiments/studies").with_suffix("").parts)
        for path in SOURCES
        if "studies" in path.parts and "tyro.cli(" in path.read_text()
    ]
    return frozenset().union(*map(flags_of_command, VERBS), *map(flags_of_study, studies))


def _named(text):
    return [flag.rstrip(".,").replace("_", "-") for flag in FLAG.findall(text)]


def _parses(flag, flags):
    """Whether a flag is one of these; a formatted value stands for any setting of its table."""
    return flag in flags or (flag.endswith(".X") and any(one.startswith(flag[:-1]) for one in flags))


def wrong_flags(text):
    """The flags of a text that do not parse, each with the command it is named for."""
    text, wrong = re.sub(r"(pip install|ray start)[^`;,]*", "", text), []
    for command in COMMAND.finditer(text):
        verb, action, rest = command["verb"], command["action"], command["rest"]
        if verb in VERBS:
            flags = flags_of_command(verb, action)
            wrong += [f"gailforce {verb} {flag}" for flag in _named(rest) if not _parses(flag, flags)]
    for command in STUDY.finditer(text):
        flags = flags_of_study(command["study"])
        wrong += [
            f"{command['study']} {flag}" for flag in _named(command["rest"]) if not _parses(flag, flags)
        ]
    accepted = flags_of_any().union(*OTHERS.values())
    return wrong + [flag for flag in _named(text) if not _parses(flag, accepted)]


def texts_of(path):
    """The texts of a Python file, a formatted value as `X`, or of a page, a block's line for itself."""
    if path.suffix == ".md":
        text = path.read_text()
        blocks = re.findall(r"^    .*$", text, re.MULTILINE)
        return [*blocks, *re.split(r"\n\s*\n", re.sub(r"^    .*$", "", text, flags=re.MULTILINE))]
    nodes = list(ast.walk(ast.parse(path.read_text())))
    formatted = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in formatted for part in ast.walk(node) if isinstance(part, ast.Constant)}
    joined = [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        for node in formatted
    ]
    constants = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    ]
    return [*joined, *constants]


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_flag_that_is_named_parses(path):
    assert [flag for text in texts_of(path) if "--" in text for flag in wrong_flags(text)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("try `gailforce imitate hopper --keep-best`", ["gailforce imitate --keep-best", "--keep-best"]),
        ("with --gail.reward.replay 500", ["--gail.reward.replay"]),
        ("gailforce demos check X --rate 2", ["gailforce demos --rate"]),
        ("gailforce evaluate RUN --world-model X", ["gailforce evaluate --world-model"]),
        ("`gailforce bench\npaper --gait`", ["gailforce bench --gait", "--gait"]),
        ("`python -m gailforce.experiments.studies.transfer RUN --ways x`", ["transfer --ways"]),
        ("gailforce demo --vail.limits 3", ["gailforce demo --vail.limits", "--vail.limits"]),
        ("the settings --model-basis.X", ["--model-basis.X"]),
        ("the settings --model-based.X", []),
        ("gailforce imitate hopper --world-lstm.features 3 --no-video --reward.replay 2", []),
        ("color:var(--ink); pip install --upgrade X", []),
    ],
)  # fmt: skip
def test_a_wrong_flag_is_seen_in_its_context(text, wrong):
    assert wrong_flags(text) == wrong


def test_a_wrong_flag_is_seen_in_code_and_on_a_page(tmp_path):
    (tmp_path / "a.py").write_text('"""Doc --one."""\nfault = f"gailforce {verb} --two"\n')
    (tmp_path / "a.md").write_text("Words `--three`.\n\n    gailforce report RUN --four\n")
    seen = [flag for name in ("a.py", "a.md") for t in texts_of(tmp_path / name) for flag in wrong_flags(t)]
    assert set(seen) == {"--one", "--two", "--three", "--four", "gailforce report --four"}


def page_commands(text):
    """The commands of a page: the lines of its blocks, and those in its sentences that have a flag."""
    lines = re.findall(r"^    (?:gailforce )(.*?)(?:[ ]{3,}.*| · .*)?$", text, re.MULTILINE)
    inline = [" ".join(command.split()) for command in re.findall(r"`gailforce\s+([^`]*)`", text)]
    return [re.sub(r"[\[\]]", "", one) for one in (*lines, *(one for one in inline if "--" in one))]


def doc_examples(kind):
    """The commands in a docstring."""
    return re.findall(r"^\s+gailforce (.*)$", kind.__doc__ or "", re.MULTILINE)


def parsed(command):
    """The command as the real parser reads it; nothing runs."""
    verb, *arguments = command.split()
    verb, kind, arguments = _kind(verb).chosen(verb, arguments)
    if "--help" in arguments:
        return kind.help(verb, arguments)
    return tyro.cli(kind.parsed_class(arguments), args=arguments)


README_COMMANDS = page_commands((ROOT / "README.md").read_text())
KINDS = [one for verb in VERBS for one in getattr(_kind(verb), "ACTIONS", {verb: _kind(verb)}).values()]


def test_the_readme_has_commands():
    assert len(README_COMMANDS) > 20


@pytest.mark.parametrize("command", README_COMMANDS)
def test_every_command_of_the_readme_parses(command):
    assert parsed(command)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_example_of_a_help_parses(kind):
    assert doc_examples(kind)
    assert all(parsed(command) for command in doc_examples(kind))


def test_a_wrong_command_is_seen():
    with pytest.raises(SystemExit):
        parsed("report runs/x --keep-best")
