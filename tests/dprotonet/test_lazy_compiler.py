import subprocess
import sys

import pytest

from dprotonet import lazy_compiler
from dprotonet.lazy_compiler import COMPILER, without_compiler
from tests.paths import ROOT


def test_what_predicts_and_explains_does_without_the_compiler_which_comes_when_it_is_asked_for():
    program = (
        "import sys, dprotonet.explain.reader.jpeg, dprotonet.inference.predictor;"
        "from dprotonet.modeling.classifiers.named_networks import torchvision_networks;"
        "assert torchvision_networks();"
        "print('torch._dynamo' in sys.modules, 'sympy' in sys.modules);"
        "asked = sys.modules['torchvision.ops.roi_align'].is_compile_supported('cpu');"
        "import torch._dynamo.utils as true;"
        "print(asked == true.is_compile_supported('cpu'))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert (done.returncode, done.stdout.split()) == (0, ["False", "False", "True"]), done.stderr


def test_whoever_wants_more_of_it_in_the_meantime_has_the_true_one(monkeypatch):
    for constant, name in (("COMPILER", "wsgiref"), ("_NEEDED", "wsgiref.util")):
        monkeypatch.setattr(lazy_compiler, constant, name)
        monkeypatch.delitem(sys.modules, name, raising=False)

    with without_compiler():
        from wsgiref.util import guess_scheme

        assert guess_scheme({}) == "http"
        assert sys.modules["wsgiref.util"].__file__
    assert sys.modules["wsgiref.util"].__file__


def test_a_failure_leaves_no_stand_in(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(COMPILER)]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match="no torchvision"), without_compiler():
        assert COMPILER in sys.modules
        raise ImportError("no torchvision")

    assert COMPILER not in sys.modules
