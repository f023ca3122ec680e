# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What generating promises: the same bytes whatever the hash seed, and little memory."""
from __future__ import annotations

import os
import resource
import subprocess
import sys

from oracle_typed import ROOT

MEMORY = 1 << 30
PROGRAM = """
import hashlib, sys
from devfdgen import emit, model
spec = model.load_spec(sys.argv[1])
for target in emit.targets():
    for name, text in sorted(target.render(spec).items()):
        print(hashlib.sha256(text.encode()).hexdigest(), name)
"""


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def rendered(seed: int) -> str:
    """The hash of every generated text, made in a process that may not take much memory."""
    env = dict(os.environ, PYTHONHASHSEED=str(seed), PYTHONPATH=str(ROOT / "generators"))
    done = subprocess.run([sys.executable, "-B", "-c", PROGRAM, str(ROOT / "spec")], env=env,
                          capture_output=True, text=True, check=False, preexec_fn=limit)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_generating_is_deterministic_and_takes_little_memory() -> None:
    first = rendered(1)
    assert "conformance/corpus/vectors.json" in first
    assert rendered(2) == first
