"""The names that command lines, pages and benchmark offer are those that there is code for."""

import subprocess
import sys
from typing import get_args

import pytest

from app.domain.explanations import Tier
from dprotonet.names import DEFAULT_METHOD, DEFAULT_TIER, METHODS, TIERS


def test_there_is_a_method_for_every_name_and_a_name_for_every_method():
    from dprotonet.explain.baselines.registry import METHODS as REGISTRY

    assert tuple(REGISTRY) == tuple(METHODS)


def test_there_are_settings_for_every_tier_and_the_default_ones_are_the_decoders_own():
    from dprotonet.explain import settings

    assert set(settings.TIERS) == set(TIERS)
    assert settings.TIERS[DEFAULT_TIER] == settings.MDMSettings()


def test_the_defaults_come_first():
    assert (next(iter(METHODS)), next(iter(TIERS))) == (DEFAULT_METHOD, DEFAULT_TIER)


def test_the_tiers_of_the_application_are_tiers_of_the_library():
    assert set(get_args(Tier)) == set(TIERS)


@pytest.mark.parametrize("names", [METHODS, TIERS])
def test_every_name_has_a_line_of_its_own(names):
    assert all(line and "\n" not in line for line in names.values())
    assert len(set(names.values())) == len(names)


def test_names_and_the_command_lines_arguments_need_no_torch():
    code = "import sys, dprotonet.cli.arguments; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
