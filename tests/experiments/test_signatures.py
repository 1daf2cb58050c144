"""Values that cross functions have types: tables of anything are for the reading and writing of files."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "experiments"
# Annotated tables of anything: that which holds a file's entries while they are read (`scoring/reading.py`).
LIMIT = 1
# What a file's values are read from and written to.
PLAIN = ("to_json", "from_json", "to_plain", "from_plain")
FILES = ("read", "write", "load")
PARSERS = {"json", "tomllib"}
MAPPINGS = {"dict", "Mapping", "MutableMapping", "Dict", "defaultdict", "OrderedDict"}
ANYTHING = {"Any", "object"}


def _name(node):
    """The last word of a name: `Any` of `typing.Any`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def _is_loose(node, aliases):
    """Whether an annotation is a table of anything, by an alias too."""
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _name(node.value) in MAPPINGS and _name(parts[-1]) in ANYTHING
    return _name(node) in aliases | {"dict", "Dict", "Mapping", "MutableMapping"}


def _count(node, aliases):
    """Tables of anything in an annotation, at any depth and in quotes."""
    if node is None:
        return 0
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return _count(ast.parse(node.value, mode="eval").body, aliases)
        except SyntaxError:  # a word of a Literal
            return 0
    if _is_loose(node, aliases):
        return 1
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.Subscript) and _name(node.value) in MAPPINGS:
        children = ast.iter_child_nodes(node.slice)
    return sum(_count(child, aliases) for child in children)


def _is_file_work(function):
    """Whether a function is for plain values only: by its name, and one of a file by what it calls too."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    methods = [call for call in calls if isinstance(call, ast.Attribute)]
    # TOML has no writer in the standard library: who writes it writes text.
    works = any(_name(call.value) in PARSERS or call.attr == "write_text" for call in methods)
    return function.name in PLAIN or (function.name.split("_")[0] in FILES and works)


def _definitions(tree):
    """`(name, value)` of every alias at module level."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and _name(node.annotation) == "TypeAlias":
            yield node.target.id, node.value
        elif isinstance(node, getattr(ast, "TypeAlias", ())):
            yield node.name.id, node.value


def _aliases(trees):
    """Names that stand for a type with a table of anything in it, or with itself, as JSON's own type has."""
    types = ast.Subscript | ast.BinOp | ast.Name | ast.Attribute
    pairs = [pair for tree in trees for pair in _definitions(tree) if isinstance(pair[1], types)]
    aliases = set()
    while loose := {name for name, value in pairs if _count(value, aliases | {name})} - aliases:
        aliases |= loose
    return aliases


def _annotations(tree, aliases):
    """Annotations of signatures and of classes, and aliases; those of file work are left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_file_work(node):
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            named += filter(None, (arguments.vararg, arguments.kwarg))
            yield from (argument.annotation for argument in named)
            yield node.returns
        elif isinstance(node, ast.ClassDef):
            yield from (field.annotation for field in node.body if isinstance(field, ast.AnnAssign))
    yield from (value for name, value in _definitions(tree) if name in aliases)


def _counts(sources):
    """Tables of anything in every file."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    aliases = _aliases(trees.values())
    return Counter(
        {
            path: sum(_count(note, aliases) for note in _annotations(tree, aliases))
            for path, tree in trees.items()
        }
    )


@pytest.fixture(scope="module")
def counts():
    return _counts({str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.py"))})


def test_no_table_of_anything_is_handed_on(counts):
    assert counts.total() <= LIMIT, {path: number for path, number in counts.items() if number}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("def f(a: dict[str, Any], b: Mapping[str, object]) -> dict[str, object]: ...", 3),
        ("def f(*, a: 'dict[str, Any] | None', **b: list[typing.Dict[str, typing.Any]]): ...", 2),
        ("def f() -> Iterator[tuple[int, MutableMapping[str, Any]]]: ...", 1),
        ("def f(a: dict[str, dict[str, Any]]): ...", 1),
        ("def f(a: dict) -> Mapping: ...", 2),
        ("async def f(a: Callable[[dict[str, Any]], int]): ...", 1),
        ("class C:\n    a: dict[str, Any] = 1\n    def f(self) -> Mapping[str, Any]: ...", 2),
        ("def f():\n    def g(a: dict[str, Any]): ...", 1),
        ("Table = Mapping[str, Any]\nTables = list[Table]\ndef f(a: Table) -> Tables: ...", 4),
        ("Table: TypeAlias = dict[str, object]\ndef f(a: 'Table'): ...", 2),
        ("Plain = dict[str, 'Plain'] | str\ndef f(a: Plain): ...", 2),
        ("def f(a: dict[str, int], b: Mapping[str, str | int], c: Any) -> object: ...", 0),
        ("def f():\n    a: dict[str, Any] = {}", 0),
        ("class C:\n    def to_json(self) -> dict[str, Any]: ...", 0),
        ("def read_x(path) -> dict[str, Any]:\n    return json.loads(path.read_text())", 0),
        ("def write_x(path, x: dict[str, Any]):\n    path.write_text(json.dumps(x))", 0),
        ("def read_x(a: dict[str, Any]):\n    return a['x']", 1),
        ("def report(x: dict[str, Any]):\n    print(json.dumps(x))", 1),
    ],
)
def test_every_kind_of_table_of_anything_would_be_seen(text, number):
    assert _counts({"x.py": text}) == {"x.py": number}


def test_an_alias_is_seen_in_other_files():
    assert _counts({"a.py": "Table = dict[str, Any]", "b.py": "def f(a: Table): ..."}).total() == 2
