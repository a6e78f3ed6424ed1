"""``gaussmix completion``: what a shell must know to complete the command's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "gaussmix"
VARIABLE = "_GAUSSMIX_COMPLETE"
"""Where it is in the environment, click completes words in place of running the command."""


@click.command(short_help="Print a script that completes words in your shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script by which SHELL completes the names of commands, options, values and files.

    bash: write eval "$(gaussmix completion bash)" into ~/.bashrc (bash 4.4 or newer).

    zsh: write eval "$(gaussmix completion zsh)" into ~/.zshrc.

    fish: gaussmix completion fish > ~/.config/fish/completions/gaussmix.fish
    """
    kind = get_completion_class(shell)
    if kind is None:  # click may lose one in a later version
        raise click.UsageError(f"this version of click knows nothing of {shell}.")
    script = kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source()
    click.echo(script)
