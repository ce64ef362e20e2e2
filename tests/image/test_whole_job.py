"""A whole job, every step of it in the image: taken, dispatched, run, reported, completed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.jobs.naming import claim_key, done_key, result_key
from execution_engine.local.names import VALUES
from image.container import Container
from image.events import job, stored
from image.functions import Deployment
from image.test_builds import default


def run_order(deployed: Deployment, box: Container, place: str, assignment: dict[str, Any]) -> None:
    if place == "function":
        with deployed.function("worker") as worker:
            assert worker.invoke(assignment) == {"fate": "reported"}
        return
    environment = {**deployed.settings("worker"), "AWS_EXE_SYS_ASSIGNMENT": json.dumps(assignment)}
    ran = box.run(*default(box), environment=environment)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("place", ["function", "build"])
def test_a_job_runs_in_the_image(deployed: Deployment, box: Container, place: str) -> None:
    deployed.launches.taken.clear()
    tools = " && ".join(f"command -v {tool}" for tool in ("sops", "git", "ssh", "unzip"))
    check = f'test "$GREETING" = "a sealed word" && {tools}'
    with deployed.function("init_job") as init:
        answer = init.invoke(job(check, "python3 -c 'print(6 * 7)'", env_vars={"GREETING": "a sealed word"}))
    assert answer["status"] == "ok", answer
    run_id = answer["run_id"]

    with deployed.function("orchestrator") as orchestrator:
        orchestrator.invoke({"look": {"run_id": run_id, "order_num": "0001"}})
        [(name, assignment)] = deployed.launches.taken
        assert name == VALUES["worker_function"]
        run_order(deployed, box, place, assignment)
        for key in (claim_key(run_id, "0001"), result_key(run_id, "0001")):
            assert orchestrator.invoke(stored(key)) is None, orchestrator.log

    marker = deployed.client("s3").get_object(Bucket=VALUES["done_bucket"], Key=done_key(run_id))
    assert json.loads(marker["Body"].read())["status"] == "succeeded"
