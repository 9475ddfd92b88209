"""What is waited for on the screens of the program is what they show."""

from bench import written
from bench.program import LAYER, show_runs
from bench.terminal import Terminal
from bench.workplace import PROGRAM, Workplace


def test_the_list_has_come_once_it_says_how_many_runs_there_are(
    workplace: Workplace,
) -> None:
    folder = workplace.folder("many")
    written.copy_run(written.write_run(folder / "runs", "first", 10), 1_000)
    with Terminal(
        PROGRAM, folder=folder, environment=workplace.environment
    ) as terminal:
        terminal.wait_for(LAYER)
        assert show_runs(terminal, 1_001) > 0
        assert "Runs · 1,001 · 0 live" in terminal.screen()
