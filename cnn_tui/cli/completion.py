"""``cnn-tui completion``: what a shell runs to complete commands, runs and keys."""

import click
from click.shell_completion import (
    BashComplete,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from cnn_tui.cli.options import echo

_BASH = r"""
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" words type value
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local last="${words[-1]}" count=$((${#words[@]} - 1)) IFS=$'\n'
    COMPREPLY=()
    while IFS=, read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ $value == *= ]] && compopt -o nospace
                [[ $last == *=* ]] && value="${value#*=}"
                COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD="$count" \
        %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Bash(BashComplete):
    """Click's, but for KEY=VALUE, which bash takes for three words."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """Asks no bash for its version: the script may be for another machine."""


@click.command(short_help="Print what lets your shell complete commands and runs.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what SHELL runs to complete commands, options, presets, runs and keys.

    In ~/.bashrc: eval "$(cnn-tui completion bash)"; zsh alike in ~/.zshrc; for fish:
    cnn-tui completion fish > ~/.config/fish/completions/cnn-tui.fish
    """
    kind: type[ShellComplete] | None = get_completion_class(shell)
    assert kind is not None, shell
    command = ctx.find_root().command
    echo(kind(command, {}, "cnn-tui", "_CNN_TUI_COMPLETE").source())
