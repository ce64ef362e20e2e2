"""What each role has to be able to do: the calls that its code makes, and the flows that end without them. Pure.

A call names an action on a concrete thing, as the code that makes it names it. Nothing here is read from the
policies: the tests hold the two against each other, both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from execution_engine.jobs.naming import (
    age_key_path,
    bundle_key,
    claim_key,
    code_key,
    control_key,
    done_key,
    environment_key,
    heartbeat_key,
    kept_job_key,
    launch_key,
    lock_key,
    log_prefix,
    renewal_key,
    result_key,
    submission_key,
    upload_key,
)
from execution_engine.local.names import VALUES
from execution_engine.storage.queries import EVENTS_OF_ORDER, EVENTS_OF_TRACE, ORDERS_OF_RUN

HERE = f"{VALUES['region']}:{VALUES['account_id']}"
RUN = "5f0c3f5e-0000-4000-8000-3d8c2a1b9e77"
SHA = "0f" * 32


@dataclass(frozen=True, slots=True)
class Need:
    """``by``: who makes the call, ``module:Class.method`` below ``execution_engine``. ``flow``: of ``flows.FLOWS``, the
    one that does not come to its effect without; None where the embedded AWS can't show that, which ``reviewed.py``
    then says. ``context``: what AWS knows of the request beside. ``denied``: the need is that it is refused."""

    policy: str
    sid: str
    action: str
    thing: str
    by: str
    flow: str | None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    denied: bool = False


def table(name: str) -> str:
    return f"arn:aws:dynamodb:{HERE}:table/{VALUES[f'{name}_table']}"


def index(name: str, which: str) -> str:
    return f"{table(name)}/index/{which}"


def internal(key: str = "") -> str:
    return f"arn:aws:s3:::{VALUES['internal_bucket']}" + (f"/{key}" if key else "")


def done(key: str = "") -> str:
    return f"arn:aws:s3:::{VALUES['done_bucket']}" + (f"/{key}" if key else "")


def parameter(path: str) -> str:
    return f"arn:aws:ssm:{HERE}:parameter{path}"


def function(key: str) -> str:
    return f"arn:aws:lambda:{HERE}:function:{VALUES[f'{key}_function']}"


def project() -> str:
    return f"arn:aws:codebuild:{HERE}:project/{VALUES['codebuild_project']}"


AGE_KEY = parameter(age_key_path(str(VALUES["ssm_prefix"]), RUN))
KEY = str(VALUES["kms_key_arn"])
OTHER_KEY = f"arn:aws:kms:{HERE}:key/0b1"
WATCHDOG = f"arn:aws:states:{HERE}:stateMachine:{VALUES['watchdog_state_machine']}"
START = internal(result_key(RUN, "0000"))
RESULT = internal(result_key(RUN, "0001"))
PARAMETER, SECRET = parameter("/mine/word"), f"arn:aws:secretsmanager:{HERE}:secret:mine/word-AbCdEf"
OWN_KEYS = {"dynamodb:LeadingKeys": [submission_key("x")]}


def via(service: str, **more: str) -> Mapping[str, str | list[str]]:
    """``more``: of the encryption context."""
    context = {f"kms:EncryptionContext:{name}": value for name, value in more.items()}
    return {"kms:ViaService": f"{service}.{VALUES['region']}.amazonaws.com", **context}


def worker(policy: str, target: str) -> Iterable[Need]:
    reads, fetches = "ReadItsClaimBackAndWhatIsAskedOfIt", "FetchBundles"
    own = "storage.worker_access:OwnRole"
    yield Need(policy, fetches, "s3:GetObject", internal(bundle_key(RUN, "0001")), f"{own}.fetch", f"job_ends:{target}")
    yield Need(
        *(policy, "Report", "s3:PutObject", RESULT, f"{own}.put_if_absent"),
        f"worker_reports_what_it_can_not_open:{target}",
    )
    for key, flow in (
        (claim_key(RUN, "0001"), "worker_knows_its_own_claim"),
        (control_key(RUN, "0001"), "worker_hears_by_its_own_role"),
    ):
        yield Need(policy, reads, "s3:GetObject", internal(key), f"{own}.read", f"{flow}:{target}")
    get = "storage.keys:ParameterKeys.get"
    yield Need(policy, "ReadItsAgeKey", "ssm:GetParameter", AGE_KEY, get, f"job_ends:{target}")


def build() -> Iterable[Need]:
    yield from worker("build", "codebuild")
    group = f"arn:aws:logs:{HERE}:log-group:/aws/codebuild/{VALUES['codebuild_project']}:log-stream:build/1"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Need("build", "WriteItsLog", action, group, "worker.worker:Worker.work", None)


def submission(policy: str, flows: Mapping[str, str]) -> Iterable[Need]:
    """What taking a job needs, whichever way it came. ``flows``: by what they are to show."""
    ends, same, nothing = flows["ends"], flows["same"], flows["nothing"]
    records, submissions = "storage.records:DynamoRecords", "storage.submissions:DynamoSubmissions"
    orders, locks, bucket = table("orders"), table("locks"), "storage.objects:Bucket"
    creates = {
        "control": "SeeAndStopRunsCreateTheRetryAndWithdrawOneThatDied",
    }.get(policy, "CreateTheRunAndWithdrawOneThatDied")
    for action, by, flow in (
        ("BatchGetItem", "read", same),
        ("PutItem", "create_run", ends),
        ("UpdateItem", "confirm", ends),
        ("UpdateItem", "withdraw", nothing),
    ):
        yield Need(policy, creates, f"dynamodb:{action}", orders, f"{records}.{by}", flow)
    for action, by, flow in (
        ("BatchGetItem", "find", same),
        ("DeleteItem", "forget", nothing),
        ("UpdateItem", "claim", ends),
    ):
        needed = (policy, "IdempotencyKeysButNoLocks", f"dynamodb:{action}", locks, f"{submissions}.{by}", flow)
        yield Need(*needed, OWN_KEYS)
    for name in ("orders", "order_events"):
        for by, flow in (("add_orders", ends), ("discard", nothing)):
            needed = (policy, "QueueAndTakeBack", "dynamodb:BatchWriteItem", table(name), f"{records}.{by}", flow)
            yield Need(*needed)
    kept = "KeptJobsTheirCodeAndNewBundles" if policy == "control" else "BundlesAndKeptJobs"
    for key in (bundle_key(RUN, "0001"), kept_job_key(RUN), code_key(RUN, SHA)):
        yield Need(policy, kept, "s3:PutObject", internal(key), f"{bucket}.write", ends)
        yield Need(policy, kept, "s3:DeleteObject", internal(key), f"{bucket}.delete", nothing)
    signal = "StartSignalAndWhatPresignedUrlsGrant"
    yield Need(policy, signal, "s3:PutObject", START, "storage.reports:S3Reports.signal_start", ends)
    yield Need(policy, signal, "s3:GetObject", START, "storage.reports:S3Reports.has_result", same)
    missing = "MissingObjectsAreNotFoundInsteadOfDenied"
    yield Need(policy, missing, "s3:ListBucket", internal(), "storage.reports:S3Reports.has_result", nothing)
    keys = "AgeKeysOfWhatIsTakenBack" if policy == "ssm_config" else "AgeKeys"
    yield Need(policy, keys, "ssm:DeleteParameter", AGE_KEY, "storage.keys:ParameterKeys.delete", nothing)
    if policy != "ssm_config":  # what goes to instances is sealed to no key of its own
        yield Need(policy, keys, "ssm:PutParameter", AGE_KEY, "storage.keys:ParameterKeys.put", ends)
        for granted in (claim_key(RUN, "0001"), heartbeat_key(RUN, "0001"), log_prefix(RUN, "0001")):
            by = "storage.addresses:CallbackAddresses.of_order"
            yield Need(policy, signal, "s3:PutObject", internal(granted), by, ends)
    if policy != "init_job":  # only what goes to instances has its variables in an object of its own
        by = "intake.environments:Environments.keep"
        yield Need(policy, "HaveS3EncryptVariablesAtRest", "kms:GenerateDataKey", KEY, by, None, via("s3"))
    seals = "OpenAndSealKeptJobs" if policy == "control" else "SealKeptJobs"
    yield Need(policy, seals, "kms:Encrypt", KEY, "storage.key_wrapping:KmsWrapping.wrap", ends)
    starts = "StartTheJobsWatchdog"
    by = "storage.watchdogs:StepFunctionWatchdogs.start"
    yield Need(policy, starts, "states:StartExecution", WATCHDOG, by, ends)
    yield from credentials(policy, flows)


def credentials(policy: str, flows: Mapping[str, str]) -> Iterable[Need]:
    parameters, secrets = "CredentialsInParameterStore", "CredentialsInSecretsManager"
    store, manager = "intake.credentials.parameter_store:ParameterStore", "intake.credentials.secrets_manager"
    yield Need(policy, parameters, "ssm:GetParameters", PARAMETER, f"{store}.fetch", flows["parameter"])
    own = "ButNoKeyOfAnyRun"
    for call, flow in (
        ("GetParameter", f"no_key_of_a_run_is_read:{policy}, GetParameter"),
        ("GetParameterHistory", f"no_key_of_a_run_is_read:{policy}, GetParameterHistory"),
        ("GetParameters", None),
        ("GetParametersByPath", None),
    ):
        yield Need(policy, own, f"ssm:{call}", AGE_KEY, f"{store}.fetch", flow, denied=True)
    by = f"{manager}:SecretsManager.fetch"
    yield Need(policy, secrets, "secretsmanager:GetSecretValue", SECRET, by, flows["secret"])
    several = "SeveralOfTheseSecretsByOneCallWhichIamDoesNotTellApart"
    yield Need(policy, several, "secretsmanager:BatchGetSecretValue", "*", by, flows["secrets"])
    through = "DecryptTheseParametersThroughParameterStore"
    context = via("ssm", PARAMETER_ARN=PARAMETER)
    yield Need(policy, through, "kms:Decrypt", OTHER_KEY, f"{store}.fetch", None, context)
    through = "DecryptTheseSecretsThroughSecretsManager"
    yield Need(policy, through, "kms:Decrypt", OTHER_KEY, by, None, via("secretsmanager", SecretARN=SECRET))
    role, by = "arn:aws:iam::210987654321:role/deploy", "intake.credentials.target_account:TargetAccounts.assume"
    yield Need(policy, "SessionsInTargetAccounts", "sts:AssumeRole", role, by, flows["target account"])


def intake(policy: str, target: str) -> Iterable[Need]:
    yield from submission(
        policy,
        {
            "ends": f"job_ends:{target}",
            "same": f"asked_again_it_is_the_same_run:{target}",
            "nothing": f"what_fails_leaves_nothing:{target}",
            "secrets": f"secrets_are_read_together:{target}",
            **{name: f"job_with:{target}, {name}" for name in ("parameter", "secret", "target account")},
        },
    )
    code, by = internal(upload_key(SHA, "0a1b2c3d4e5f6071")), "intake.s3_code:S3Code.fetched"
    yield Need(policy, "CodeFromS3Locations", "s3:GetObject", code, by, f"job_with_code:{target}")
    if policy == "ssm_config":
        key, by = internal(environment_key(RUN, "0001")), "intake.environments:Environments.keep"
        yield Need(policy, "BundlesAndKeptJobs", "s3:PutObject", key, by, "job_ends:ssm")


def control() -> Iterable[Need]:
    yield from submission(
        "control",
        {
            "ends": "retried:lambda",
            "same": "retry_asked_again_is_the_same",
            "nothing": "retry_that_fails_leaves_nothing",
            "secrets": "retry_reads_secrets_together",
            **{name: f"retried:{name}" for name in ("parameter", "secret", "target account")},
        },
    )
    stops = "SeeAndStopRunsCreateTheRetryAndWithdrawOneThatDied"
    by = "storage.records:DynamoRecords.ask_to_stop"
    yield Need("control", stops, "dynamodb:UpdateItem", table("orders"), by, "cancelled_job_ends:lambda")
    kept = "KeptJobsTheirCodeAndNewBundles"
    load, fetch = "intake.kept_jobs:KeptJobs.load", "intake.s3_code:S3Code.fetched"
    yield Need("control", kept, "s3:GetObject", internal(kept_job_key(RUN)), load, "retried:lambda")
    yield Need("control", kept, "s3:GetObject", internal(code_key(RUN, SHA)), fetch, "retried:code")
    unwrap = "storage.key_wrapping:KmsWrapping.unwrap"
    yield Need("control", "OpenAndSealKeptJobs", "kms:Decrypt", KEY, unwrap, "retried:lambda")
    wake, flow = "storage.functions:OrchestratorWaker.wake", "cancelled_job_ends:lambda"
    yield Need("control", "WakeTheOrchestrator", "lambda:InvokeFunction", function("orchestrator"), wake, flow)


def history() -> Iterable[Need]:
    queries, logs = "storage.queries:Queries", "storage.order_logs:OrderLogs"
    yield Need(
        *("history", "ReadRunsAndOrdersAsTheyAre", "dynamodb:BatchGetItem", table("orders")),
        *(f"{queries}.run", "run_is_read"),
    )
    yield Need(
        *("history", "ReadTheOrdersOfARun", "dynamodb:Query", index("orders", ORDERS_OF_RUN)),
        *(f"{queries}.orders", "orders_of_a_run_are_read"),
    )
    events = "order_events"
    for thing, by, flow in (
        (table(events), "events", "trace_of_an_order_is_read"),
        (index(events, EVENTS_OF_TRACE), "events", "trace_is_read"),
        (index(events, EVENTS_OF_ORDER), "events_of_order", "runs_of_an_order_are_read"),
    ):
        yield Need("history", "ReadEventsByTraceAndByOrder", "dynamodb:Query", thing, f"{queries}.{by}", flow)
    chunk = internal(log_prefix(RUN, "0001") + "00000000")
    yield Need("history", "ReadLogsAndWhatInstancesSaid", "s3:GetObject", chunk, f"{logs}.stream", "log_is_read")
    yield Need("history", "FindTheObjectsOfALog", "s3:ListBucket", internal(), f"{logs}.stream", "log_is_read")


def orchestrator() -> Iterable[Need]:
    one, runs = "orchestrator", "job_ends:lambda"
    records, reports = "storage.records:DynamoRecords", "storage.reports:S3Reports"
    commands = "targets.ssm.commands:Commands"
    orders = table("orders")
    yield Need(one, "MoveOrdersAndRuns", "dynamodb:BatchGetItem", orders, f"{records}.read", runs)
    for by in ("commit", "complete"):
        yield Need(one, "MoveOrdersAndRuns", "dynamodb:UpdateItem", orders, f"{records}.{by}", runs)
        yield Need(one, "WriteHistory", "dynamodb:PutItem", table("order_events"), f"{records}.{by}", runs)
    locks = ("dynamodb:UpdateItem", table("locks"), "storage.locks:DynamoLocks.enter")
    yield Need(one, "LockRuns", *locks, runs, {"dynamodb:LeadingKeys": [lock_key(RUN)]})
    callbacks = "ReadCallbacksWriteControlAndVoidClaims"
    yield Need(one, callbacks, "s3:GetObject", RESULT, f"{reports}.result", runs)
    control = internal(control_key(RUN, "0001"))
    yield Need(one, callbacks, "s3:PutObject", control, f"{reports}.ask", "cancelled_job_ends:lambda")
    claim = internal(claim_key(RUN, "0001"))
    yield Need(one, callbacks, "s3:PutObject", claim, f"{reports}.void", "cancel_stops_the_build")
    lists = "ListInstancesReportsAndTellMissingFromDenied"
    yield Need(one, lists, "s3:ListBucket", internal(), f"{reports}.result", "launch_is_repeated")
    yield Need(one, lists, "s3:ListBucket", internal(), "targets.ssm.reports:InstanceReports.muster", "job_ends:ssm")
    launches, ssm = "LaunchesOfInstancesAndWhatTheirUrlsGrant", "job_ends:ssm"
    for action, key, by in (
        ("PutObject", launch_key(RUN, "0001"), "targets.ssm.launches:Launches.write"),
        ("GetObject", bundle_key(RUN, "0001"), "targets.ssm.packer:Packer.pack"),
        ("GetObject", environment_key(RUN, "0001"), "targets.ssm.packer:Packer.pack"),
        ("DeleteObject", environment_key(RUN, "0001"), "targets.ssm.target:SsmTarget.release"),
    ):
        yield Need(one, launches, f"s3:{action}", internal(key), by, ssm)
    opens, by = "HaveS3OpenWhatUrlsOfEncryptedVariablesGrant", "targets.ssm.packer:Packer.pack"
    yield Need(one, opens, "kms:Decrypt", KEY, by, None, via("s3"))
    yield Need(one, "SayDone", "s3:PutObject", done(done_key(RUN)), "storage.done:S3DoneMarkers.write", runs)
    invokes = ("LaunchWorkersAndWakeItself", "lambda:InvokeFunction")
    yield Need(one, *invokes, function("worker"), "targets.lambda_target:LambdaTarget.launch", runs)
    wake = "storage.functions:OrchestratorWaker.wake"
    yield Need(one, *invokes, function("orchestrator"), wake, "long_pass_goes_on_in_the_next")
    builds, target = "StartAndStopBuilds", "targets.codebuild_target:CodeBuildTarget"
    yield Need(one, builds, "codebuild:StartBuild", project(), f"{target}.launch", "job_ends:codebuild")
    yield Need(one, builds, "codebuild:StopBuild", project(), f"{target}.stop", "cancel_stops_the_build")
    for thing, flow in (
        (f"arn:aws:ssm:{HERE}:document/{VALUES['ssm_document']}", "job_ends:ssm"),
        (f"arn:aws:ssm:{HERE}:document/{VALUES['ssm_document']}-mine", "job_ends:ssm, another document"),
        (f"arn:aws:ec2:{HERE}:instance/i-1", "job_ends:ssm"),
        (f"arn:aws:ssm:{HERE}:managed-instance/mi-1", "job_ends:ssm elsewhere"),
    ):
        needed = (one, "SendTheEnginesDocumentToInstances", "ssm:SendCommand", thing, f"{commands}.send", flow)
        yield Need(*needed)
    sees = "FindInstancesAndCancelCommandsWhichIamDoesNotTellApart"
    yield Need(one, sees, "ssm:CancelCommand", "*", f"{commands}.cancel", "cancel_cancels_the_command")
    yield Need(one, sees, "ssm:DescribeInstanceInformation", "*", f"{commands}.tagged", "job_ends:ssm by tags")
    watches = "storage.watchdogs:StepFunctionWatchdogs.start"
    yield Need(one, "StartOrdersWatchdogs", "states:StartExecution", WATCHDOG, watches, runs)
    tells = "signals.notifications:Notifications.committed"
    yield Need(one, "TellTheEventBus", "events:PutEvents", str(VALUES["event_bus_arn"]), tells, "the_bus_is_told")
    yield Need(one, "DeleteAgeKeys", "ssm:DeleteParameter", AGE_KEY, "storage.keys:ParameterKeys.delete", runs)


def watchdog() -> Iterable[Need]:
    """The state machine's own role."""
    check = function("watchdog_check")
    yield Need("watchdog", "RunTheCheck", "lambda:InvokeFunction", check, "watchdog.watchdog:Watchdog.check", None)


def watchdog_check() -> Iterable[Need]:
    one, swept, given_up = "watchdog_check", "dead_submission_is_swept", "worker_that_never_came_is_given_up"
    records, reports, bucket = "storage.records:DynamoRecords", "storage.reports:S3Reports", "storage.objects:Bucket"
    withdraws, orders = "ReadRecordsAndWithdrawDeadSubmissions", table("orders")
    yield Need(one, withdraws, "dynamodb:BatchGetItem", orders, f"{records}.read", given_up)
    yield Need(one, withdraws, "dynamodb:UpdateItem", orders, f"{records}.withdraw", swept)
    locks = ("dynamodb:BatchGetItem", table("locks"), "storage.locks:DynamoLocks.is_settled")
    yield Need(one, "SeeWhetherALockIsLeftBehind", *locks, "watch_ends_with_the_run")
    for name in ("orders", "order_events"):
        discards = ("SweepRecordsOfDeadSubmissions", "dynamodb:BatchWriteItem", table(name), f"{records}.discard")
        yield Need(one, *discards, swept)
    callbacks = "ReadCallbacksWriteResultsFromOutside"
    yield Need(one, callbacks, "s3:GetObject", RESULT, f"{reports}.has_result", given_up)
    yield Need(one, callbacks, "s3:PutObject", RESULT, f"{reports}.write_result", given_up)
    beat, by = internal(heartbeat_key(RUN, "0001", 1, "i-1")), "storage.addresses:CallbackAddresses.of_instance"
    yield Need(one, callbacks, "s3:PutObject", beat, by, "addresses_are_renewed")
    sweeps = "SweepBundlesOfDeadSubmissionsAndRenewInstancesUrls"
    yield Need(one, sweeps, "s3:DeleteObject", internal(bundle_key(RUN, "0001")), f"{bucket}.delete", swept)
    for action, key, by in (
        ("GetObject", launch_key(RUN, "0001"), "targets.ssm.launches:Launches.of"),
        ("GetObject", renewal_key(RUN, "0001"), "targets.ssm.packer:Packer.renew"),
        ("PutObject", renewal_key(RUN, "0001"), "targets.ssm.packer:Packer.renew"),
    ):
        yield Need(one, sweeps, f"s3:{action}", internal(key), by, "addresses_are_renewed")
    lists = "ListWhatToSweepAndTellMissingFromDenied"
    yield Need(one, lists, "s3:ListBucket", internal(), f"{bucket}.keys", swept)
    exists, late = "storage.done:S3DoneMarkers.exists", "done_is_written_after_all"
    yield Need(one, lists, "s3:ListBucket", done(), exists, late)
    yield Need(one, "SeeDone", "s3:GetObject", done(done_key(RUN)), exists, "watch_ends_with_the_run")
    wake = "storage.functions:OrchestratorWaker.wake"
    yield Need(one, "PokeTheOrchestrator", "lambda:InvokeFunction", function("orchestrator"), wake, late)
    builds, target = "SeeHowBuildsAreAndStopThem", "targets.codebuild_target:CodeBuildTarget"
    yield Need(one, builds, "codebuild:BatchGetBuilds", project(), f"{target}.look_up", "build_that_ended_is_noticed")
    yield Need(one, builds, "codebuild:StopBuild", project(), f"{target}.stop", "watchdog_stops_the_build")
    sees, commands = "SeeAndCancelCommandsWhichIamDoesNotTellApart", "targets.ssm.commands:Commands"
    yield Need(one, sees, "ssm:CancelCommand", "*", f"{commands}.cancel", "watchdog_cancels_the_command")
    never = "instance_that_never_answers_is_noticed"
    yield Need(one, sees, "ssm:ListCommandInvocations", "*", f"{commands}.invocations", never)
    yield Need(one, "SweepAgeKeys", "ssm:DeleteParameter", AGE_KEY, "storage.keys:ParameterKeys.delete", swept)


NEEDS: tuple[Need, ...] = (
    *worker("worker", "lambda"),
    *build(),
    *intake("init_job", "lambda"),
    *intake("ssm_config", "ssm"),
    *control(),
    *history(),
    *orchestrator(),
    *watchdog(),
    *watchdog_check(),
)
