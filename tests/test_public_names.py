"""Every listed public name exists, and importing the package stays light."""

import subprocess
import sys

import pytest

import gailforce
import gailforce.demos
import gailforce.envs
import gailforce.generative


@pytest.mark.parametrize("module", [gailforce, gailforce.demos, gailforce.envs, gailforce.generative])
def test_every_listed_name_exists(module):
    assert module.__all__
    assert all(hasattr(module, name) for name in module.__all__)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(AttributeError, match="GAIL"):
        _ = gailforce.GAN


def test_importing_the_package_imports_neither_torch_nor_mujoco():
    script = "import gailforce, sys; print({'torch', 'mujoco', 'numpy'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "set()"
