"""Output, events and objects of any size and shape: what they concern ends and says why, all else goes on.

What is written beside the workers is written with plain boto3, as somebody with rights on the bucket could.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from integration.attack import EVENTS, MB, ODD, RESULTS, Attack, Attacked, Place, folder_of, memory, passes
from integration.machine import Item, Machine, Ran, finish, order, until
from integration.view import View

TICK = 2
FOLDER = "$AWS_EXE_SYS_EVENTS_DIR"
DIRTY = bytes(range(256)) * 64 + b"\x1b[31mred\x1b[0m\r\n\xf0\x9f\x98 half\xed\xa0\x80\0\0"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = {"grace": "1", "heartbeat": "10", "tick": str(TICK), "control_poll": "1"}
    machine = Machine(tmp_path_factory.mktemp("dirty"), **settings)
    with machine.aws() as aws:
        yield Place(machine, View(aws.settings), aws.pid)


def python(source: str) -> str:
    return f"{sys.executable} -S -E - <<'END'\nimport os\nos.chdir(os.environ['AWS_EXE_SYS_EVENTS_DIR'])\n{source}\nEND"


# What commands print


def test_a_log_is_whole_whatever_its_size_and_bytes(place: Place, tmp_path: Path) -> None:
    (tmp_path / "dirty").write_bytes(DIRTY)
    ran = place.machine.run(
        [
            order("one-line", "head -c 50M /dev/zero | tr '\\0' x"),
            order("dirty", f"cat {tmp_path}/dirty"),
            order("zeros", "head -c 3M /dev/zero"),
            order(
                "noise", "head -c 5M /dev/urandom | tee >(sha256sum > sum) > noise; cat noise; sleep 0.2; cat sum >&2"
            ),
            order("lines", "seq 400000"),
        ]
    )
    assert (ran.code, ran.json["summary"]["succeeded"]) == (0, 5)
    run_id = ran.json["run_id"]

    def log(name: str) -> bytes:
        return place.machine.call("logs", run_id, name).out

    assert log("one-line") == b"x" * (50 * MB)
    assert log("dirty") == DIRTY
    assert log("zeros") == bytes(3 * MB)
    noise = log("noise")
    assert noise[5 * MB :].startswith(hashlib.sha256(noise[: 5 * MB]).hexdigest().encode())
    assert log("lines").splitlines()[-1] == b"400000"
    as_json = place.machine.call("logs", run_id, "dirty", "--json").json
    assert as_json["log"] == DIRTY.decode("utf-8", "replace")
    rows = {one["order_name"]: one for one in place.view.orders(run_id)}
    assert rows["one-line"]["log_bytes"] == 50 * MB
    assert all(len(one["log_tail"]) <= 4_000 for one in rows.values())


# What commands leave as events

NASTY = """
import json, socket
open('broken.json', 'w').write('{"a": ')
open('deep.json', 'w').write('[' * 200000)
open('nested.json', 'w').write('{"a":' * 300 + '1' + '}' * 300)
open('no-numbers.json', 'w').write('[{"a": NaN}, {"a": -Infinity}]')
open('numbers.json', 'w').write('{"a": 1e999}\\n{"a": ' + '9' * 4000 + '}\\n')
open('huge-int.json', 'w').write('{"a": ' + '9' * 5000 + '}')
open('surrogate.json', 'w').write('{"a": "\\\\ud800", "\\\\udfff": 1}')
open('zero.json', 'wb').write(bytes(5000))
open('latin.json', 'wb').write(b'{"a": "\\xe9"}')
open('job_completed.json', 'w').write('{"status": "succeeded"}')
open('failed.json', 'w').write('{}')
open('typed.json', 'w').write('{"event_type": "timed_out"}')
open('x' * 200 + '.json', 'w').write('{}')
os.mkfifo('pipe.json')
os.symlink('/etc/passwd', 'link.json')
os.mkdir('folder.json')
socket.socket(socket.AF_UNIX).bind('socket.json')
open('unreadable.json', 'w').write('{"secret": 1}')
os.chmod('unreadable.json', 0)
open('good.json', 'w').write('{"n": 1}')
"""
FOLDERS = [
    order("one-file", python("open('big.json', 'w').write('{\"a\": \"' + 'x' * (8 << 20) + '\"}')")),
    order("small-files", python("[open(f'{n:05d}.json', 'w').write('{\"n\": %d}' % n) for n in range(10000)]")),
    order("broken-files", python("[open(f'{n:05d}.json', 'w').write('{' * 800) for n in range(10000)]")),
    order("large-files", python("[open(f'{n:03d}.json', 'w').write('[' + '{},' * 30000 + '1]') for n in range(90)]")),
    order("many-in-one", python("open('n.json', 'w').write('{}\\n' * 300000)")),
    order("fifty-k", python("[open(f'{n}.json', 'w').write('{\"a\": \"' + 'x' * 50000 + '\"}') for n in range(170)]")),
    order("nasty", python(NASTY)),
    order("no-folder", f"rm -rf {FOLDER}"),
    order("other-folder", f"rm -rf {FOLDER}; ln -s /etc {FOLDER}"),
]


@pytest.fixture(scope="module")
def folders(place: Place) -> Ran:
    return place.machine.run(FOLDERS)


def told(place: Place, ran: Ran, name: str) -> list[Item]:
    """The order's own events, by the command line."""
    history = place.machine.call("history", ran.json["trace_id"], "--order", name, "--json")
    assert history.code == 0, history.err
    own = {"queued", "dispatched", "running", "succeeded"}
    return [event for event in history.json["events"] if event["event_type"] not in own]


def test_no_folder_of_events_keeps_an_order_from_its_end(place: Place, folders: Ran) -> None:
    assert {name: one["status"] for name, one in folders.orders.items()} == dict.fromkeys(folders.orders, "succeeded")
    assert folders.code == 0
    for name, count in [
        ("one-file", 0),
        ("small-files", 100),
        ("broken-files", 0),
        ("large-files", 100),
        ("many-in-one", 100),
        ("no-folder", 0),
        ("other-folder", 0),
    ]:
        assert len(told(place, folders, name)) == count, name
        assert "dropped" in folders.orders[name]["log"]
        assert len(folders.orders[name]["log"].splitlines()) < 30
    assert 15 < len(told(place, folders, "fifty-k")) < 25


def test_of_nasty_files_the_good_ones_are_kept(place: Place, folders: Ran) -> None:
    found = {event["event_type"]: event.get("data") for event in told(place, folders, "nasty")}
    readable = {"unreadable"} & set(found)  # by root
    assert set(found) - readable == {
        *("good", "surrogate", "numbers", "x-job_completed", "x-failed", "x-timed_out"),
    }
    assert found["good"] == {"n": 1}
    log = folders.orders["nasty"]["log"]
    for name in (
        "broken",
        "deep",
        "nested",
        "huge-int",
        "no-numbers",
        "zero",
        "latin",
        "pipe",
        "link",
        "folder",
        "socket",
    ):
        assert f"{name}.json" in log, name
    run = place.machine.call("history", folders.json["trace_id"], "--json").json["events"]
    assert [event["event_type"] for event in run].count("job_completed") == 1


# What is written beside the workers


@pytest.fixture(scope="module")
def attacked(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    attack = Attack(place, tmp_path_factory.mktemp("attack"))
    attack.on_good()
    attack.on_victims()
    until(lambda: not attack.alive() & set(RESULTS))
    left = attack.alive()
    attack.gate.touch()
    ran, calm = finish(attack.process), finish(attack.bystander)
    assert (calm.code, calm.json["status"]) == (0, "succeeded")
    until(lambda: not attack.alive())
    counts = [passes(place)]

    def is_quiet() -> bool:
        time.sleep(2 * TICK)
        counts.append(passes(place))
        return counts[-2] == counts[-1]

    until(is_quiet)  # whoever watches has had its last look, and then nobody did anything for two ticks
    return Attacked(ran, left, counts[-2:], memory(place.pid))


def test_a_result_that_no_worker_wrote_ends_its_order_alone(attacked: Attacked) -> None:
    orders = attacked.ran.orders
    for name in RESULTS:
        assert (orders[name]["status"], orders[name]["reason"]) == ("failed", "result_unreadable"), name
    for name, (_, status, reason) in ODD.items():
        assert (orders[name]["status"], orders[name]["reason"]) == (status, reason), name
    assert (orders["good"]["status"], orders["good"]["log"]) == ("succeeded", "good\n")
    assert (orders["behind"]["status"], attacked.ran.code) == ("succeeded", 0)


def test_whose_worker_still_ran_was_asked_to_end(attacked: Attacked) -> None:
    """And none of the others: ``left`` were waiting for the gate when all orders but one had ended."""
    assert attacked.left == {"good", "calm", *ODD, *EVENTS}


def test_no_pass_reads_an_object_whole_and_none_is_made_for_ever(attacked: Attacked) -> None:
    assert 20 * MB < attacked.memory < 250 * MB
    assert attacked.passes[0] == attacked.passes[1]


def test_what_was_attacked_can_be_asked_about(place: Place, attacked: Attacked) -> None:
    ran, call = attacked.ran, place.machine.call
    run_id, trace_id = ran.json["run_id"], ran.json["trace_id"]
    waited = call("wait", run_id, "--json")
    assert (waited.code, waited.json) == (0, ran.json)
    status = call("status", run_id, "--json")
    assert {one["order_name"]: one["status"] for one in status.json["orders"]} == {
        name: one["status"] for name, one in ran.orders.items()
    }
    assert call("status", run_id).code == 0
    for name in ran.orders:
        assert call("logs", run_id, name).code == 0, name
    events = call("history", trace_id, "--json").json["events"]
    for name, (_, count) in EVENTS.items():
        own = [one for one in events if one["order_name"] == name][3:-1]
        assert len(own) == count, name
    changes = [one["event_type"] for one in events if one["order_name"] == "events-faked"]
    assert changes == ["queued", "dispatched", "running", "x-failed", "x-job_completed", "succeeded"]
    assert [one["event_type"] for one in events].count("job_completed") == 1


# Claims that no worker made

CLAIMS: dict[str, tuple[bytes, str]] = {
    "no-json": (b"nonsense", "worker_lost"),
    "large": (b'{"void": true, "x": "' + b"x" * (50 * MB) + b'"}', "worker_lost"),
    "void": (b'{"void": true}', "dispatch_failed"),
    "of-nobody": (b'{"nonce": "mine", "at": 9e10, "execution_url": "https://x"}', "worker_lost"),
}


def test_a_claim_that_no_worker_made_ends_its_order_within_ticks(place: Place, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    orders = [
        order("first", f"until [ -e {gate} ]; do sleep 0.2; done", timeout=600),
        *(order(name, f"touch {tmp_path}/{name}", dependencies=["first"], must_succeed=False) for name in CLAIMS),
        order("other", dependencies=["first"]),
    ]
    process, run_id = place.begin(orders)
    place.is_heard_of(run_id, {"first"}, "running")
    for number, (body, _) in enumerate(CLAIMS.values(), 2):
        place.put(folder_of(run_id, number) + "claim.json", body)
    gate.touch()
    ran = finish(process)
    assert (ran.code, ran.orders["other"]["status"]) == (0, "succeeded")
    assert {name: ran.orders[name]["reason"] for name in CLAIMS} == {
        name: reason for name, (_, reason) in CLAIMS.items()
    }
    assert [path.name for path in tmp_path.iterdir()] == ["gate"]


# Workers that are told to end


def test_a_worker_that_is_told_to_end_ends_its_commands_and_says_so(place: Place, tmp_path: Path) -> None:
    stays = f"(trap '' INT TERM; echo $BASHPID > {tmp_path}/stays; while :; do sleep 0.1; done) &"
    told = f"{stays}\ntrap 'echo trapped; exit 4' INT\nsleep 1; kill -TERM $PPID; while :; do sleep 0.1; done"
    ran = place.machine.run([order("told", told, timeout=600), order("other", "sleep 3")])
    one = ran.orders["told"]
    assert (one["status"], one["reason"], ran.orders["other"]["status"]) == ("failed", "worker_lost", "succeeded")
    assert one["log"].startswith("trapped\n")
    assert not Path("/proc", (tmp_path / "stays").read_text().strip()).exists()


# Attempts


def test_a_late_word_of_the_first_attempt_changes_nothing(place: Place, tmp_path: Path) -> None:
    gate, tried = tmp_path / "gate", tmp_path / "tried"
    first = f"touch {tried}; echo first; echo '{{\"of\": 1}}' > {FOLDER}/told.json; exit 7"
    again = f"if [ -e {tried} ]; then echo second; until [ -e {gate} ]; do sleep 0.2; done; else {first}; fi"
    orders = [order("flaky", again, timeout=600, retries=1), order("end", dependencies=["flaky"])]
    process, run_id = place.begin(orders)

    def at_second() -> bool:
        (row,) = (one for one in place.view.orders(run_id) if one["order_name"] == "flaky")
        return (row["attempt"], row["status"]) == (2, "running")

    until(at_second)
    one = folder_of(run_id, 1)
    for name in ("claim.json", "result.json"):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            place.put(one + name, b'{"status": "failed"}')
        place.put(one + name, b'{"status": "failed", "reason": "cancelled"}', once=False)  # as nobody's role may
    late = {"action": "stop", "attempt": 1, "status": "failed", "reason": "cancelled", "asked_at": 0}
    place.put(one + "control.json", json.dumps(late).encode(), once=False)
    place.put(one + "heartbeat.json", b"{}", once=False)
    place.put(one + "events.json", b'[{"event_type": "late"}, {"event_type": "later"}]', once=False)
    place.put(one + "log/00000009", b"late\n", once=False)
    for _ in range(3):
        for kind in ("claim", "result"):  # delivered late, and again
            notice = {"s3": {"object": {"key": f"{one}{kind}.json"}}}
            place.view.invoke("orchestrator", {"Records": [notice]})
        time.sleep(1.5)  # for a look at what is asked
    assert at_second()
    gate.touch()
    ran = finish(process)
    assert (ran.code, ran.orders["flaky"]["log"]) == (0, "second\n")
    history = place.machine.call("history", ran.json["trace_id"], "--order", "flaky", "--json").json["events"]
    assert [event["event_type"] for event in history if event["event_type"] != "running"] == [
        *("queued", "dispatched", "told", "queued", "dispatched", "succeeded"),
    ]
    requeued = [event["data"] for event in history if event["event_type"] == "queued"][-1]
    assert (requeued["attempt"], requeued["ended"], requeued["exit_code"]) == (1, "failed", 7)
