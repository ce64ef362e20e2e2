"""Whole orders by the SSM document's real script: what they are told, what they do, what they report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from unit.guest.instance import ENVIRONMENT, ID, KEYS, LAUNCH, Heard, Instance, is_running
from unit.worker.stand import NUM, RUN, SIGNATURE, Stand, zipped

from execution_engine.jobs import naming

SECRET = "s3cr3t-\u00fc-value"


def test_an_order_succeeds(instance: Instance, stand: Stand) -> None:
    code = zipped({"run.sh": (b"#!/bin/bash\necho ran in ${PWD##*/}, $GREETING\n", 0o755)})
    document = instance.launch("./run.sh", 'echo "$ORDER_ID"', code=code, variables={"GREETING": "hello"})
    done = instance.run(document)
    assert (done.returncode, done.stdout) == (0, "")
    claim, result = stand.json(KEYS.claim), instance.result
    nonce, at = claim.pop("nonce"), claim.pop("at")
    assert claim == {
        "run_id": RUN,
        "order_num": NUM,
        "attempt": 1,
        "by": "worker",
        "execution_url": None,
        "instance_id": ID,
    }
    assert nonce and at < result["started_at"] < result.pop("ended_at")
    del result["started_at"]
    assert result == {
        "run_id": RUN,
        "order_num": NUM,
        "attempt": 1,
        "status": "succeeded",
        "log": "ran in code, hello\nbuild\n",
        "log_bytes": 25,
        "log_chunks": 0,
        "exit_code": 0,
        "reason": None,
        "events": 0,
        "execution_url": None,
    }
    assert instance.asked() == [
        ("GET", "launch.zip"),
        ("GET", "environment.json"),
        ("PUT", "claim.json"),
        ("GET", naming.code_key(RUN, document["manifest"]["code"]["sha256"]).rpartition("/")[2]),
        ("PUT", "result.json"),
    ]
    assert list(instance.tmp.iterdir()) == []


def test_what_it_prints_is_lines_of_json_without_anything_secret(instance: Instance) -> None:
    done = instance.run(instance.launch("true", variables={"TOKEN": SECRET}, secret_names=("TOKEN",)))
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["fate"], line["order_num"]) for line in lines] == [("launch ended", "reported", NUM)]
    assert SIGNATURE not in done.stderr and SECRET not in done.stderr


def test_the_command_is_told_where_it_is_shown(instance: Instance, stand: Stand) -> None:
    instance.run(instance.launch("true"), AWS_EXE_SYS_COMMAND_URL="https://console/command/1")
    assert stand.json(KEYS.claim)["execution_url"] == instance.result["execution_url"] == "https://console/command/1"


def test_a_failure_is_the_orders_and_not_the_agents(instance: Instance) -> None:
    assert instance.run(instance.launch("echo one", "exit 7", "echo never")).returncode == 0
    assert (instance.result["status"], instance.result["exit_code"]) == ("failed", 7)
    assert (instance.result["reason"], instance.log) == (None, b"one\n")


NASTY = r"""
printf '%s\n' 'single'\''quote' "double\"quote" 'back\slash' '$(echo no)' '`echo no`' '${HOME}' '{{ BundleUrl }}'
x="$(printf 'a\tb
c')"
printf '<%s>\n' "$x" $'tab\there' "grüße 日本語 🎉" '%s %d \n' '!x' "it's" "*"
cat() { while IFS= read -r line; do printf '%s|\n' "$line"; done; }
cat <<'END'
 here $(is) `a` \document " '
END
"""
NASTY_LOG = """\
single'quote
double"quote
back\\slash
$(echo no)
`echo no`
${HOME}
{{ BundleUrl }}
<a\tb
c>
<tab\there>
<grüße 日本語 🎉>
<%s %d \\n>
<!x>
<it's>
<*>
 here $(is) `a` \\document " '|
"""


def test_commands_reach_the_shell_as_they_are_written(instance: Instance) -> None:
    instance.run(instance.launch(NASTY))
    assert instance.log.decode() == NASTY_LOG
    assert instance.result["status"] == "succeeded"


def test_commands_see_what_the_contract_names_and_nothing_of_the_agent(instance: Instance) -> None:
    document = instance.launch("declare -x", variables={"MINE": "x"}, pass_env=("PASSED",))
    instance.run(document, PASSED="on", NOT_PASSED="off", LANG="C.UTF-8")
    seen = {line.split()[2].partition("=")[0] for line in instance.log.decode().splitlines()}
    assert seen - {"OLDPWD", "PWD", "SHLVL", "_"} == {
        *("PATH", "HOME", "LANG", "TMPDIR", "PASSED", "MINE"),
        *("TRACE_ID", "RUN_ID", "ORDER_ID", "ORDER_NUM", "FLOW_ID", "AWS_EXE_SYS_EVENTS_DIR"),
        "AWS_SSM_INSTANCE_ID",
    }


def test_events_are_reported(instance: Instance, stand: Stand) -> None:
    instance.run(instance.launch("""echo '{"status": "ok", "n": 1}' > "$AWS_EXE_SYS_EVENTS_DIR/step.json" """))
    assert json.loads(stand.objects[KEYS.events]) == [{"event_type": "step", "status": "ok", "data": {"n": 1}}]
    assert instance.result["events"] == 1


def test_a_secret_is_masked(instance: Instance) -> None:
    instance.run(instance.launch('echo "it is $TOKEN"', variables={"TOKEN": SECRET}, secret_names=("TOKEN",)))
    assert instance.log == b"it is ***\n"


def test_a_log_that_is_long_or_was_shown_before_is_uploaded(instance: Instance, stand: Stand) -> None:
    size = 5_000_000
    instance.run(instance.launch(f"printf '%{size}s\\n' x"))
    assert instance.log == b" " * (size - 1) + b"x\n"
    assert instance.result["log_chunks"] == 2
    assert len(instance.result["log"]) <= 64 * 1024


def test_a_log_is_shown_while_it_grows(instance: Instance, stand: Stand) -> None:
    shown = Heard(stand, KEYS.log_chunk(0), lambda: (instance.tmp / "go").touch())
    command = f"echo early; until [ -e {instance.tmp}/go ]; do sleep 0.02; done; echo late"
    instance.run(instance.launch(command, log_interval=0.05))
    shown.wait()
    assert instance.log == b"early\nlate\n"
    assert instance.result["log_chunks"] == 2


def test_what_is_left_in_the_background_is_ended(instance: Instance) -> None:
    # A grandchild whose parent is gone at once, deaf to everything it can be asked.
    deaf = "trap '' INT TERM HUP; echo $BASHPID; : > up; while :; do sleep 0.1; done"
    instance.run(instance.launch(f"( ({deaf}) & ); until [ -e up ]; do sleep 0.02; done"))
    assert instance.result["status"] == "succeeded"
    assert not is_running(int(instance.log))


STUBBORN = """
trap 'echo cleaned; exit 3' INT
echo ready
while :; do sleep 0.05; done
"""


def test_a_stop_interrupts(instance: Instance, stand: Stand) -> None:
    asked = {"action": "stop", "attempt": 1, "status": "failed", "reason": "cancelled"}
    ready = Heard(
        stand,
        KEYS.log_chunk(0),
        lambda: stand.objects.setdefault(KEYS.control, json.dumps(asked).encode()),  # type: ignore[arg-type, return-value]
    )
    instance.run(instance.launch(STUBBORN, log_interval=0.05, control_poll=0.1))
    ready.wait()
    result = instance.result
    assert (result["status"], result["reason"], result["exit_code"]) == ("failed", "cancelled", 3)
    assert instance.log.startswith(b"ready\ncleaned\n")


def test_a_time_out_interrupts_and_then_kills(instance: Instance) -> None:
    instance.run(instance.launch("trap 'echo heard' INT; while :; do sleep 0.05; done", timeout=2, grace=0.5))
    assert (instance.result["status"], instance.result["exit_code"]) == ("timed_out", None)
    assert instance.log.startswith(b"heard\n")


@pytest.mark.parametrize("standing", [{"nonce": "another's"}, {"nonce": "x", "void": True, "reason": "cancelled"}])
def test_a_claim_that_is_taken_is_left_alone(instance: Instance, stand: Stand, standing: dict[str, Any]) -> None:
    stand.objects[KEYS.claim] = json.dumps(standing).encode()
    done = instance.run(instance.launch(f"echo x > {instance.tmp}/ran"))
    assert done.returncode == 0
    assert stand.json(KEYS.claim) == standing
    assert KEYS.result not in stand.objects
    assert list(instance.tmp.iterdir()) == []


def test_who_comes_too_late_does_nothing(instance: Instance, stand: Stand) -> None:
    assert instance.run(instance.launch("true", not_after=1.0)).returncode == 0
    assert instance.asked() == [("GET", "launch.zip")]


def test_variables_that_are_gone_are_told_in_the_result(instance: Instance, stand: Stand) -> None:
    document = instance.launch("true", variables={"A": "b"})
    del stand.objects[ENVIRONMENT]
    assert instance.run(document).returncode == 0
    assert (instance.result["status"], instance.result["reason"]) == ("failed", "bundle_unreadable")
    assert b"the variables can't be fetched: GET environment.json: there is no such object" in instance.log
    assert SIGNATURE.encode() not in instance.log


def test_an_end_that_cant_be_reported_is_the_agents_failure(instance: Instance, stand: Stand) -> None:
    stand.fault = lambda method, key: "403" if key == KEYS.result else None
    assert instance.run(instance.launch("true")).returncode == 1


def test_a_second_delivery_runs_nothing(instance: Instance, stand: Stand) -> None:
    document = instance.launch("echo once")
    assert instance.run(document).returncode == instance.run(document).returncode == 0
    assert instance.asked().count(("PUT", "result.json")) == 1


def test_where_the_launch_lies_is_in_nobodys_arguments(instance: Instance) -> None:
    curl = instance.bin / "curl"
    real = curl.resolve()
    curl.unlink()
    curl.write_text(f'#!{instance.bin}/bash\nprintf "%s\\n" "$@" > {instance.tmp}/arguments\nexec {real} "$@"\n')
    curl.chmod(0o755)
    assert instance.run(instance.launch("true")).returncode == 0
    told = (instance.tmp / "arguments").read_text()
    assert "--config" in told and LAUNCH not in told and SIGNATURE not in told
