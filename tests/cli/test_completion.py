"""Completion: the scripts, and what bash makes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from gaussmix.cli.values import COVARIANCES

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@pytest.fixture
def completed(tmp_path):
    """What bash finds for the last of some words; it is told of files by ``compopt``."""
    command = tmp_path / "gaussmix"
    python = "from gaussmix.cli.main import main; main(prog_name='gaussmix')"
    command.write_text(f'#!/bin/sh\nexec \'{sys.executable}\' -c "{python}" "$@"\n')
    command.chmod(0o755)

    def complete(*words: str) -> list[str]:
        script = (
            'eval "$(gaussmix completion bash)"; compopt() { echo compopt "$@"; }; '
            'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
            '$(complete -p gaussmix | sed "s/.*-F \\([^ ]*\\).*/\\1/") gaussmix; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        found = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stderr == ""
        return found.stdout.split("\n")[:-1]

    return complete


@needs_bash
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["gaussmix", ""], ["check", "completion", "fit", "predict", "sample", "show"]),
        (["gaussmix", "fit", "--cov"], ["--covariance"]),
        (["gaussmix", "fit", "--covariance", ""], list(COVARIANCES)),
        (["gaussmix", "fit", "--covariance", "VE"], ["VEI", "VEE", "VEV"]),
        (["gaussmix", "fit", "--covariance", "s"], ["spherical"]),
        (["gaussmix", "fit", ""], ["compopt -o default", ""]),
        (["gaussmix", "predict", "model.gmm", "ro"], ["compopt -o default", ""]),
        (["gaussmix", "show", "mod"], ["compopt -o default", ""]),
        (["gaussmix", "fit", "--config", ""], ["compopt -o default", ""]),
        (["gaussmix", "completion", "z"], ["zsh"]),
    ],
)
def test_bash_completes(completed, words, found):
    # Other commands may come; of what is begun there is only this.
    answer = completed(*words)
    assert set(found) <= set(answer) if words[-1] == "" else answer == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts(run, shell):
    outcome = run("completion", shell)
    assert outcome.code == 0
    assert f"_GAUSSMIX_COMPLETE={shell}_complete" in outcome.out


def test_another_shell_is_2(run):
    outcome = run("completion", "tcsh")
    assert (outcome.code, outcome.out) == (2, "")
    assert "'tcsh' is not one of" in outcome.err
