"""Grids are read whole and checked whole before anything runs."""

import pytest
from grids import write_grid

from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments.bench.grid import SHIPPED, find_grid, read_grid


def _names(cells):
    """Names without the key."""
    return [cell.name.rpartition("-")[0] for cell in cells]


def test_a_block_is_the_product_of_its_lists_and_its_first_key_changes_slowest(tmp_path):
    path = write_grid(tmp_path, {"method": '["bc", "gail"]', "episodes": "[1, 4]", "seed": "[7, 8]"})
    assert _names(read_grid(path).cells) == [
        *("bc-hopper-1-7", "bc-hopper-1-8", "bc-hopper-4-7", "bc-hopper-4-8"),
        *("gail-hopper-1-7", "gail-hopper-1-8", "gail-hopper-4-7", "gail-hopper-4-8"),
    ]


def test_blocks_come_in_the_order_of_the_file(tmp_path):
    path = write_grid(tmp_path, {"seed": "2"}, {"seed": "1", "subsample": "20"})
    assert _names(read_grid(path).cells) == ["gail-hopper-4-2", "gail-hopper-4x20-1"]


def test_each_seed_draws_its_own_demonstrations_and_everything_has_one_thread(tmp_path):
    for cell in read_grid(write_grid(tmp_path, {"seed": "[3, 4]"})).cells:
        assert cell.config.draw == cell.config.seed
        assert cell.config.threads == 1


def test_no_cell_comes_twice(tmp_path):
    block = {"method": '["expert", "random", "constant", "bc"]', "episodes": "[1, 4]", "seed": "[1, 2]"}
    path = write_grid(tmp_path, block, block | {"steps": "1_000_000"})
    assert _names(read_grid(path).cells) == [
        *("expert-hopper", "random-hopper", "constant-hopper-1", "constant-hopper-2"),
        *("bc-hopper-1-1", "bc-hopper-1-2", "bc-hopper-4-1", "bc-hopper-4-2"),
    ]


def test_gail_stands_for_gan_and_reward_models_go_by_name(tmp_path):
    path = write_grid(tmp_path, {"method": '["gail", "gan", "constant"]'})
    assert [cell.config.reward for cell in read_grid(path).cells] == ["gan", "constant"]


@pytest.mark.parametrize("settings", ['"ppo.gamma" = 0.5', "ppo.gamma = 0.5", "ppo = { gamma = 0.5 }"])
def test_settings_are_dotted_as_on_the_command_line_or_nested(tmp_path, settings):
    (cell,) = read_grid(write_grid(tmp_path, {"settings": f"{{ {settings} }}", "n_envs": "8"})).cells
    assert cell.config.gail.ppo.gamma == 0.5
    assert cell.config.gail.n_envs == 8


def test_cloning_has_its_own_settings(tmp_path):
    (other := tmp_path / "usual").mkdir()
    path = write_grid(tmp_path, {"method": '["bc", "gail"]', "settings": '{ "bc.updates" = 500 }'})
    usual = read_grid(write_grid(other, {"method": '["bc", "gail"]'})).cells
    changed = read_grid(path).cells
    assert changed[0].cloning.updates == 500
    assert [cell.key == other.key for cell, other in zip(changed, usual, strict=True)] == [False, True]


def test_whole_numbers_and_lists_do_for_settings_of_their_kind(tmp_path):
    settings = '{ "gan.penalty" = 3, "ppo.policy_layers" = [32, 32] }'
    (cell,) = read_grid(write_grid(tmp_path, {"settings": settings})).cells
    assert cell.config.family_settings.penalty == 3.0
    assert cell.config.gail.ppo.policy_layers == (32, 32)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"sede": "1"}, ("block 1", '"sede"', "did you mean seed?", "subsample")),
        ({"env": '"hoper"'}, ("hoper", "did you mean hopper?")),
        ({"method": '"gial"'}, ("gial", "did you mean gail?", "constant")),
        ({"demos": '"hopper-exprt"'}, ("hopper-exprt", "did you mean hopper-expert?")),
        ({"demos": '"walker2d-expert"'}, ("Walker2d-v5", "not Hopper-v5")),
        ({"seed": "[]"}, ('"seed"', "empty")),
        ({"seed": '"1"'}, ('"seed"', "'1'", "whole number")),
        ({"seed": "[1, true]"}, ('"seed"', "True", "whole number")),
        ({"seed": "-1"}, ('"seed"', "-1", "at least 0")),
        ({"seed": "4294967296"}, ("4294967296", "seeds are")),
        ({"steps": "0"}, ('"steps"', "at least 1")),
        ({"steps": "1e6"}, ('"steps"', "whole number")),
        ({"episodes": "26"}, ("26", "25 episodes")),
        ({"subsample": "0"}, ('"subsample"', "at least 1")),
        ({"inputs": '"as"'}, ('inputs "as"', "sa")),
        ({"form": '"positiv"'}, ("did you mean positive?",)),
        ({"form": '"logit"'}, ("logit", "falling early")),
        ({"horizon": '"fix"'}, ("did you mean fixed?",)),
        ({"force": "1"}, ('"force"', "true or false")),
        ({"n_envs": "0"}, ('"n_envs"', "at least 1")),
        ({"settings": "3"}, ('"settings"', "a table")),
        ({"settings": '{ "ppo.gama" = 1.0 }'}, ("ppo.gama", "did you mean ppo.gamma?")),
        ({"settings": '{ "ppo.gamma" = "a" }'}, ("ppo.gamma", "'a'", "0.99")),
        ({"settings": '{ "ppo.epochs" = 1.5 }'}, ("ppo.epochs", "1.5")),
        ({"settings": '{ "ppo.batch_size" = 300 }'}, ("2048", "300")),
        ({"settings": '{ "reward.updates" = 0 }'}, ("updates", "at least 1")),
        (
            {"settings": '{ "vail.limit" = 0.1 }'},
            ("no method of this block", "setting of vail"),
        ),
        ({"settings": '{ "bc.updates" = 10 }'}, ("no method of this block", "setting of bc")),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_place(tmp_path, block, words):
    path = write_grid(tmp_path, block)
    with pytest.raises((UsageError, DataError)) as fault:
        read_grid(path)
    assert all(word in str(fault.value) for word in ("tiny.toml", *words)), str(fault.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("no [[block]]",)),
        ("block = 3", ("no [[block]]",)),
        ("nmae = 'x'", ('"nmae"', "did you mean name?")),
        ("evaluation_episodes = 0\n[[block]]", ("evaluation_episodes", "at least 1")),
        ("name = '../x'\n[[block]]", ("../x", "cannot be a file's")),
        ("[[block]]\nenv = 'hopper'", ('no "demos"',)),
        ("[[block]", ("no TOML",)),
    ],
)
def test_files_that_are_no_grid_say_why(tmp_path, text, words):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises((UsageError, DataError)) as fault:
        read_grid(path)
    assert all(word in str(fault.value) for word in ("bad.toml", *words)), str(fault.value)


def test_a_name_finds_a_shipped_grid_and_unknown_ones_list_them():
    assert find_grid("paper") == SHIPPED / "paper.toml"
    with pytest.raises(UsageError, match="did you mean smoke"):
        find_grid("smok")
    with pytest.raises(DataError, match=r"no grid file mine\.toml"):
        find_grid("mine.toml")


def test_the_paper_grid_holds_what_the_issue_asks_for():
    found = {}
    for cell in read_grid("paper").cells:
        found.setdefault(
            (cell.config.env, cell.method, cell.config.episodes, cell.config.subsample), []
        ).append(cell)
    hopper = [(episodes, every) for episodes in (1, 4, 25) for every in (1, 20)]
    walker = [(4, 1), (25, 1), (1, 20), (4, 20)]
    for env, tasks in (("hopper", hopper), ("walker2d", walker)):
        for task in tasks:
            for method in ("gan", "bc"):
                assert len(found[env, method, *task]) >= (5 if task == (4, 1) else 3)
        for method, count in (("constant", 3), ("expert", 1), ("random", 1)):
            assert sum(len(cells) for key, cells in found.items() if key[:2] == (env, method)) == count


def test_the_smoke_grid_runs_every_kind_of_cell_on_both_bodies():
    cells = read_grid("smoke").cells
    for env in ("hopper", "walker2d"):
        methods = {cell.method for cell in cells if cell.config.env == env}
        assert methods == {"expert", "random", "bc", "gan", "constant"}
    assert max(cell.config.steps for cell in cells) <= 10_000
