"""Commands: sent, taken, taken back, answered, and what is no command."""

import json
import os
from pathlib import Path
from threading import Timer
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.runs import mailbox, orders, records
from cnn_tui.runs.events import Paused, Stopped
from cnn_tui.runs.mailbox import Command, Inbox, Rejected
from cnn_tui.runs.orders import (
    AnyOrder,
    Extend,
    LiveValue,
    RollBack,
    SetValue,
    StepBatches,
)
from cnn_tui.runs.writer import RunWriter

from .conftest import NOBODY, another_user


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A directory with a mailbox."""
    (tmp_path / "control").mkdir(mode=0o700)
    return tmp_path


def waiting(run: Path) -> list[str]:
    return sorted(os.listdir(run / "control"))


def take_all(run: Path) -> list[Command | Rejected]:
    """Returns what a trainer that has just begun takes."""
    return list(Inbox(run).take())


def rejection(run: Path) -> str:
    """Returns why the only thing in the mailbox was rejected; it is gone then."""
    [item] = take_all(run)
    assert isinstance(item, Rejected)
    assert waiting(run) == []
    return item.reason


def test_commands_arrive_in_the_order_sent_with_their_ids(run: Path) -> None:
    sent = [mailbox.send(run, "step", count=number) for number in range(1, 20)]
    assert take_all(run) == [
        Command(id=command_id, order=StepBatches(count=number))
        for number, command_id in enumerate(sent, start=1)
    ]
    assert waiting(run) == []
    assert take_all(run) == []


def test_what_is_not_asked_for_stays_in_the_mailbox(run: Path) -> None:
    sent = [mailbox.send(run, "step", count=number) for number in range(1, 8)]
    inbox = Inbox(run)
    assert [item.id for item in inbox.take(3)] == sent[:3]
    assert waiting(run) == sent[3:]
    assert [item.id for item in inbox.take(0)] == []
    assert [item.id for item in inbox.take(9)] == sent[3:]
    assert waiting(run) == []


def test_commands_are_taken_one_by_one_as_they_are_asked_for(run: Path) -> None:
    sent = [mailbox.send(run, "pause") for _ in range(3)]
    taking = Inbox(run).take()
    assert waiting(run) == sent
    assert next(taking).id == sent[0]
    assert waiting(run) == sent[1:]
    assert mailbox.withdraw(run, sent[1])
    assert [item.id for item in taking] == sent[2:]


def test_what_cannot_be_removed_does_not_stand_in_the_way(run: Path) -> None:
    (run / "control" / "0").mkdir()
    sent = [mailbox.send(run, "pause") for _ in range(2)]
    inbox = Inbox(run)
    assert [item.id for item in inbox.take(1)] == ["0"]
    assert [item.id for item in inbox.take(1)] == sent[:1]
    assert [item.id for item in inbox.take(1)] == sent[1:]


@pytest.mark.parametrize(
    ("command", "arguments", "order"),
    [
        ("set", {"name": "lr", "value": 0.5}, SetValue(name="lr", value=0.5)),
        (
            "set",
            {"name": "checkpoint_every", "value": "30s"},
            SetValue(name="checkpoint_every", value="30s"),
        ),
        ("extend", {"steps": 3000}, Extend(steps=3000)),
        ("rollback", {"lr": 0.001}, RollBack(lr=0.001)),
        ("rollback", {}, RollBack(lr=None)),
    ],
)
def test_arguments_arrive(
    run: Path, command: str, arguments: dict[str, object], order: AnyOrder
) -> None:
    command_id = mailbox.send(run, command, **arguments)
    assert take_all(run) == [Command(id=command_id, order=order)]


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("halt", {}, 'unknown command "halt": use pause, resume, step, epoch'),
        ("step", {"count": 0}, "whole number from 1 to 2,147,483,647, not 0"),
        ("step", {"count": 1.5}, "whole number from 1 to 2,147,483,647, not 1.5"),
        ("step", {"count": True}, "whole number from 1 to 2,147,483,647, not true"),
        ("step", {"count": [1]}, "whole number from 1 to 2,147,483,647, not a list"),
        ("step", {"count": 10**30}, "whole number from 1 to 2,147,483,647, not 1000"),
        ("step", {"count": "\x1b" * 200}, r'not "\\u001b\\u001b'),
        ("step", {"count": None}, "step: the number of updates is missing: it must"),
        ("pause", {"count": 1}, 'pause: there is no argument "count"'),
        ("set", {"name": "seed", "value": 1}, "set: the name must be one of lr, mome"),
        ("set", {"name": "lr"}, "set: the value is missing: it must be a number, or"),
        ("set", {"name": "lr", "value": float("nan")}, "set: the value is missing"),
        ("set", {"name": "lr", "value": {}}, "seconds such as 30s, not a mapping"),
        ("extend", {}, "extend: the number of updates is missing: it must be a whole"),
        ("extend", {"steps": -1}, "the number of updates must be a whole number from"),
        ("rollback", {"lr": 0}, "the learning rate must be a number above 0, not 0"),
    ],
)
def test_a_wrong_command_is_not_sent(
    run: Path, command: str, arguments: dict[str, object], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        mailbox.send(run, command, **arguments)
    assert str(caught.value).isprintable()
    assert "$" not in str(caught.value)
    assert waiting(run) == []


def test_every_order_is_a_command() -> None:
    assert set(orders.COMMANDS.values()) == set(orders.Order.__subclasses__())


def test_a_command_sent_is_private_and_never_half_there(run: Path) -> None:
    command_id = mailbox.send(run, "pause")
    assert waiting(run) == [command_id]
    assert json.loads((run / "control" / command_id).read_text()) == {
        "command": "pause"
    }
    assert (run / "control" / command_id).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", sorted(orders.TOUCHABLE))
def test_an_empty_file_named_after_a_command_is_one(run: Path, name: str) -> None:
    (run / "control" / name).touch()
    [command] = take_all(run)
    assert isinstance(command, Command)
    assert (command.id, command.order) == (name, orders.COMMANDS[name]())


def test_an_empty_file_of_another_name_is_rejected(run: Path) -> None:
    (run / "control" / "set").touch()
    assert "an empty file means one of checkpoint" in rejection(run)


def test_names_with_a_dot_in_front_are_ignored(run: Path) -> None:
    (run / "control" / ".tmp-1.json").write_text('{"command": "stop"}')
    assert take_all(run) == []
    assert waiting(run) == [".tmp-1.json"]


@pytest.mark.parametrize("rubbish", [b"{", b"[]", b"\xff", b"[" * 4000, b'"stop"'])
def test_rubbish_is_removed_and_rejected(run: Path, rubbish: bytes) -> None:
    (run / "control" / "1.json").write_bytes(rubbish)
    assert "not a command" in rejection(run)


def test_a_large_file_is_removed_and_rejected(run: Path) -> None:
    (run / "control" / "1.json").write_bytes(b'{"command": "stop"}' + b" " * 4096)
    assert rejection(run) == "larger than 4,096 bytes"


def test_a_link_is_removed_not_followed(run: Path) -> None:
    (run / "outside").write_text('{"command": "stop"}')
    (run / "control" / "1.json").symlink_to(run / "outside")
    assert rejection(run) == "a link"
    assert (run / "outside").exists()


def test_a_pipe_is_removed_without_waiting_for_it(run: Path) -> None:
    os.mkfifo(run / "control" / "stop")
    assert rejection(run) == "not a regular file"


def test_a_directory_stays_whole_and_is_rejected_once(run: Path) -> None:
    (run / "control" / "stop").mkdir()
    (run / "control" / "stop" / "precious").touch()
    inbox = Inbox(run)
    [item] = inbox.take()
    assert isinstance(item, Rejected)
    assert list(inbox.take()) == []
    assert (run / "control" / "stop" / "precious").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_file_is_rejected(run: Path) -> None:
    (run / "control" / "1.json").write_text('{"command": "stop"}')
    os.chown(run / "control" / "1.json", NOBODY, NOBODY)
    assert rejection(run) == "belongs to another user"


def test_a_name_that_is_no_text_can_be_answered(run: Path) -> None:
    with open(os.fsencode(run / "control") + b"/\xff\x1b", "wb"):
        pass
    [item] = take_all(run)
    assert item.id.isprintable()
    json.dumps(item.id).encode()


def test_a_linked_mailbox_is_not_used(run: Path) -> None:
    (run / "control").rename(run / "outside")
    (run / "control").symlink_to(run / "outside")
    with pytest.raises(RunDirectoryError, match="cannot be told anything"):
        mailbox.send(run, "stop")
    (run / "outside" / "stop").touch()
    with pytest.raises(OSError):
        take_all(run)
    assert os.listdir(run / "outside") == ["stop"]


def test_another_user_cannot_steer(shared_folder: Path) -> None:
    (shared_folder / "control").mkdir(mode=0o700)
    with another_user(), pytest.raises(RunDirectoryError, match="Permission denied"):
        mailbox.send(shared_folder, "stop")


def test_a_command_is_either_taken_or_taken_back(run: Path) -> None:
    first, second = mailbox.send(run, "stop"), mailbox.send(run, "pause")
    assert mailbox.withdraw(run, first)
    assert [item.id for item in take_all(run)] == [second]
    assert not mailbox.withdraw(run, second)


def test_the_answer_is_found_when_it_comes(writer: RunWriter) -> None:
    command_id = mailbox.send(writer.path, "pause")
    paused = Paused(at=records.now(), step=3, command_id=command_id, outcome="done")
    writer.event(structs.replace(paused, step=1, command_id="another"))
    with (writer.path / "events.jsonl").open("a") as events:
        events.write(f'rubbish "{command_id}"\n')
    timer = Timer(0.1, writer.event, [paused])
    timer.start()
    answer = mailbox.await_answer(writer.path, command_id, timeout_seconds=30)
    timer.join()
    assert answer == paused


def test_no_answer_in_time_is_none(writer: RunWriter) -> None:
    assert mailbox.await_answer(writer.path, "1.json", timeout_seconds=0) is None


def test_who_waits_in_vain_hears_the_last_word_and_leaves(writer: RunWriter) -> None:
    for command_id in ("1.json", "2.json"):
        stopped = Stopped(
            at=records.now(), step=7, command_id=command_id, outcome="done"
        )
        writer.event(stopped)
    assert mailbox.await_answer(writer.path, "2.json", 1000, lambda: True) == stopped
    assert mailbox.await_answer(writer.path, "3.json", 1000, lambda: True) is None


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["command", "count", "name", "value", "steps", "lr"]),
        st.sampled_from([*orders.COMMANDS, *get_args(LiveValue)])
        | st.integers()
        | st.floats(),
    ).map(lambda content: json.dumps(content).encode())
)
def test_whatever_a_file_holds_it_is_taken_and_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    run = tmp_path_factory.mktemp("run")
    (run / "control").mkdir()
    (run / "control" / "1.json").write_bytes(content)
    [item] = take_all(run)
    assert item.id == "1.json"
    assert waiting(run) == []
