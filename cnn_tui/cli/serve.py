"""``cnn-tui serve``: the program in a browser, for those who have the address."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import data_dir_option, echo, runs_dir_option

if TYPE_CHECKING:
    import socket


@click.command(short_help="Open the program in a browser, to look or to steer.")
@click.argument("run", required=False, shell_complete=completing.runs)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at; any other than this machine's own is open to "
    "its network, unencrypted.",
)
@click.option("--steer", is_flag=True, help="Let pages start, steer and change runs.")
@runs_dir_option
@data_dir_option
def serve(
    run: str | None,
    port: int,
    host: str,
    steer: bool,
    runs_dir: Path,
    data_dir: Path | None,
) -> None:
    """Show the runs, or RUN, to a browser that has the printed address.

    The token in the address is the key: pages look, and with --steer they do all that
    you can do here. The server ends with ctrl+c; runs that train go on.
    """
    from cnn_tui.runs.layout import find_run

    try:
        from cnn_tui.browser import LOOPBACK, BrowserServer, address, new_token
    except ImportError as error:
        raise _missing() from error
    path = find_run(run, runs_dir) if run else None
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    token = new_token()
    server = BrowserServer(
        _program(path, runs_dir, data_dir, steer=steer),
        host=host,
        port=port,
        token=token,
        title=path.name if path else "cnn-tui",
    )
    if host in LOOPBACK:
        echo(f"on your own machine: {_tunnel(port, host)}")
    else:
        echo(
            f"--host {host}: whoever reaches this machine's network can read along, "
            "token included, as nothing is encrypted"
        )
    echo(f"then open {address(host, port, token)}")
    echo("pages can steer and start runs" if steer else "pages can only look")
    sys.stdout.flush()
    server.run(listening)


def _missing() -> Exception:
    from cnn_tui.errors import InputError

    return InputError("serve needs textual-serve: pip install 'cnn-tui[serve]'")


def _listen(host: str, port: int) -> "socket.socket":
    import socket

    from cnn_tui.errors import InputError
    from cnn_tui.text import printable

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (while ")[0]
        raise InputError(
            f"cannot listen at {printable(host)} port {port}: {why}; "
            "give another --port, or an address of this machine as --host"
        ) from error


def _program(
    run: Path | None, runs_dir: Path, data_dir: Path | None, *, steer: bool
) -> list[str]:
    """Returns the command that a page runs; a browser's terminal has all colours."""
    from cnn_tui.host.process import absolute

    terminal = ["env", "TERM=xterm-256color", "COLORTERM=truecolor"]
    options = ["--pictures", "true", "--runs-dir", str(absolute(runs_dir))]
    if data_dir is not None:
        options += ["--data-dir", str(absolute(data_dir))]
    view = [] if steer else ["--view"]
    attach = [] if run is None else ["attach", str(absolute(run))]
    program = [sys.executable, "-m", "cnn_tui", *view, *options, *attach]
    return [*terminal, *program]


def _tunnel(port: int, host: str) -> str:
    import getpass
    import socket

    inner = f"[{host}]" if ":" in host else host
    return f"ssh -L {port}:{inner}:{port} {getpass.getuser()}@{socket.gethostname()}"
