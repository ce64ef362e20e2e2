"""A bad job is refused with all its faults, each with its place, through every door; nothing is left of it."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from integration.machine import PATIENCE, Item, Machine, order, until
from integration.view import View

Job = dict[str, Any]


def job(*orders: Item, **fields: Any) -> Job:
    return {"username": "ann", "orders": list(orders), **fields}


BAD: dict[str, tuple[Job, set[str]]] = {
    "empty": ({}, {"username", "orders"}),
    "no orders": (job(), {"orders"}),
    "cycle": (job(order("a", dependencies=["b"]), order("b", dependencies=["a"])), {"orders[0].dependencies"}),
    "unknown keys": (job({**order("a"), "cmd": "true"}, colour="red"), {"colour", "orders[0].cmd"}),
    "timeout 0": (job(order("a", timeout=0)), {"orders[0].timeout"}),
    "colon": (job(order("a:b")), {"orders[0].order_name"}),
    "450 KB command": (job(order("a", f": {'x' * 450_000}")), {"orders[0].cmds"}),
    "everything": (
        job(
            order("a", timeout=0, dependencies=["nobody"]),
            order("a", env_vars={"PATH": "/x", "B": 1}),
            {"cmds": [], "timeout": "soon"},
            username="",
        ),
        {
            "username",
            "orders[0].timeout",
            "orders[0].dependencies[0]",
            "orders[1].order_name",
            "orders[1].env_vars.PATH",
            "orders[1].env_vars.B",
            "orders[2].cmds",
            "orders[2].timeout",
        },
    ),
}
TWO_MEGABYTES = job(*(order(f"o{n}", f": {'x' * 200_000}") for n in range(10)))


def places(answer: Item) -> set[str]:
    return {fault["where"] for fault in answer["errors"]}


def http(body: str, **more: Any) -> Item:
    """As API Gateway hands it on (payload format 2.0)."""
    context = {"http": {"method": "POST", "path": "/init"}, "requestId": "r"}
    return {"version": "2.0", "headers": {}, "requestContext": context, "body": body, "isBase64Encoded": False, **more}


def sns(*messages: object) -> Item:
    return {
        "Records": [
            {"EventSource": "aws:sns", "Sns": {"MessageId": f"m{n}", "Message": json.dumps(message)}}
            for n, message in enumerate(messages)
        ]
    }


def in_base64(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def settled(view: View) -> Item:
    """What is there when nothing is added any more: whoever ran here before may have a last word to say."""
    seen = [view.snapshot()]

    def is_quiet() -> bool:
        time.sleep(0.5)
        seen.append(view.snapshot())
        return seen[-2] == seen[-1]

    until(is_quiet)
    return seen[-1]


@pytest.fixture(scope="module")
def files(machine: Machine) -> dict[str, tuple[Path, set[str]]]:
    folder = machine.root / "bad"
    folder.mkdir()
    (folder / "no-yaml").write_text("orders: [a\n  b: }")
    found = {"no-yaml": (folder / "no-yaml", {""})}
    for name, (document, where) in {**BAD, "2 MB": (TWO_MEGABYTES, {""})}.items():
        path = folder / name.replace(" ", "-")
        path.write_text(json.dumps(document))
        found[name] = (path, where)
    return found


def test_the_command_line_refuses_and_starts_nothing(
    machine: Machine, view: View, files: dict[str, tuple[Path, set[str]]]
) -> None:
    before = settled(view)
    started = [
        (name, where, command, machine.start(command, path, "--json"))
        for name, (path, where) in files.items()
        for command in ("run", "validate")
    ]
    for name, where, command, process in started:
        out, err = (text.decode() for text in process.communicate(timeout=PATIENCE))
        assert process.returncode == 2, (name, command, err)
        assert where <= places(json.loads(out)), (name, out)
        assert all(one in err for one in where), (name, err)
        assert "Traceback" not in err
    assert view.snapshot() == before


@pytest.mark.parametrize("name", BAD)
def test_lambda_and_http_and_sns_refuse_and_start_nothing(view: View, name: str) -> None:
    document, where = BAD[name]
    before = view.snapshot()
    body = json.dumps({"job": document})
    direct = view.invoke("init-job", {"job": document})
    over_http = view.invoke("init-job", http(body))
    answers = [
        direct,
        view.invoke("init-job", {"job_parameters_b64": in_base64(document)}),
        json.loads(over_http["body"]),
        *view.invoke("init-job", sns({"job": document})),
    ]
    assert over_http["statusCode"] == 400
    for answer in answers:
        assert (answer["status"], "\n" in answer["error"]) == ("error", False)
        assert where <= places(answer)
        assert "run_id" not in answer
    assert view.snapshot() == before


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"text"', "{}", '{"job": 1}', '{"job_parameters_b64": "%"}', '{"job": {}, "x": 1}', "é\\"]
)
def test_what_is_no_request_is_a_400(view: View, body: str) -> None:
    answer = view.invoke("init-job", http(body))
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"]


def test_two_megabytes_are_too_much_for_http(view: View) -> None:
    before = view.snapshot()
    answer = view.invoke("init-job", http(json.dumps({"job": TWO_MEGABYTES})))
    assert answer["statusCode"] == 400
    assert view.snapshot() == before


def test_good_jobs_pass_all_doors(view: View) -> None:
    good = job(order("a"))
    trace = "0123456789abcdef0123456789abcdef"
    body = json.dumps({"job": good})
    answers = [
        view.invoke("init-job", {"job": good, "trace_id": trace}),
        view.invoke("init-job", {"job_parameters_b64": in_base64(good)}),
        json.loads(view.invoke("init-job", http(body))["body"]),
        json.loads(
            view.invoke("init-job", http(base64.b64encode(body.encode()).decode(), isBase64Encoded=True))["body"]
        ),
        *view.invoke("init-job", sns({"job": good}, {"job_parameters_b64": in_base64(good)})),
    ]
    assert answers[0]["trace_id"] == trace
    assert len({answer["run_id"] for answer in answers}) == 6
    for answer in answers:
        assert answer["status"] == "ok"
        assert answer["flow_id"] == f"ann:{answer['trace_id']}-exec"
        assert answer["done_endpt"] == f"s3://{view.name('DONE_BUCKET')}/{answer['run_id']}/done"
    until(lambda: all(view.keys("DONE_BUCKET", answer["run_id"]) for answer in answers))
    assert {view.document(f"{one['run_id']}/done", "DONE_BUCKET")["status"] for one in answers} == {"succeeded"}


def archive(name: str, data: bytes = b"x") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr(name, data)
    return content.getvalue()


def test_code_in_s3_is_checked_before_anything_starts(machine: Machine, view: View) -> None:
    bucket = view.name("INTERNAL_BUCKET")
    contents = {
        "good": archive("tool.sh", b"echo tool\n"),
        "slip": archive("../outside"),
        "absolute": archive("/etc/outside"),
        "no-zip": b"no zip at all",
    }
    for name, content in contents.items():
        view.client("s3").put_object(Bucket=bucket, Key=f"tmp/exec/uploads/{name}.zip", Body=content)
    where = {name: f"s3://{bucket}/tmp/exec/uploads/{name}.zip" for name in (*contents, "missing")}
    orders = [order(name, "bash tool.sh", s3_location=location) for name, location in where.items()]
    before = settled(view)
    answer = view.invoke("init-job", http(json.dumps({"job": job(*orders)})))
    assert answer["statusCode"] == 400
    assert [fault["where"] for fault in json.loads(answer["body"])["errors"]] == [
        f"orders[{place}].s3_location" for place in (1, 2, 3, 4)
    ]
    ran = machine.run(orders)
    assert ran.code == 2
    assert all(f"orders[{place}].s3_location" in ran.err for place in (1, 2, 3, 4))
    assert where["missing"] in ran.err
    assert view.snapshot() == before
    ran = machine.run(orders[:1])
    assert (ran.code, ran.orders["good"]["log"]) == (0, "tool\n")


def test_what_only_submission_finds_starts_nothing(machine: Machine, view: View) -> None:
    before = settled(view)
    ran = machine.run([order("a"), order("b", git_repo="org/repo")])
    assert ran.code == 2
    assert "orders[1].git_repo" in ran.err
    assert view.snapshot() == before
