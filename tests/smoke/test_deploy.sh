#!/usr/bin/env bash
# Asks a deployment whether it is there and works: every resource, a job of one order, a job that is refused.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: tests/smoke/test_deploy.sh [<outputs.json>]

  outputs.json   what `terraform output -json` of 02-deploy prints; without it, Terraform is asked here

Needs bash, curl >= 7.86, jq, and in the environment keys of AWS that may look at what was made, call the API and read
the buckets (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN). AWS_ENDPOINT_URL, if set, is where AWS
answers. SMOKE_TOKEN: a token, where the API takes tokens instead of signatures. SMOKE_SECONDS: how long the job may
take (300). Exit 0: all is well; 1: something is not, and what; 2: it could not be tried.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
if [ $# -gt 1 ]; then
    usage >&2
    exit 2
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/aws_http.sh
. "$root/scripts/aws_http.sh"
need curl jq
need_keys

outputs=$(if [ $# = 1 ]; then cat "$1"; else terraform -chdir="$root/infrastructure/02-deploy" output -json; fi)
output() { jq -r "$1" <<<"$outputs"; }

# shellcheck disable=SC2034 # aws_http.sh reads it
REGION=$(output .region.value)
api=$(output .api_url.value)
prefix=$(output .prefix.value)
internal=$(output .internal_bucket.value)
done_bucket=$(output .done_bucket.value)
passed=0 failed=0 run=

# check WHAT STATUS WANTED ANSWER: the answer's last line is its HTTP status; somewhere before it says WANTED.
check() {
    local what=$1 status=$2 wanted=$3 answer=$4
    if [[ ${answer##*$'\n'} =~ ^($status)$ ]] && grep -qF -- "$wanted" <<<"$answer"; then
        passed=$((passed + 1))
        echo "ok    $what"
    else
        failed=$((failed + 1))
        echo "FAIL  $what: wanted HTTP $status and '$wanted', got: ${answer:0:500}" >&2
    fi
}

clean_up() {
    [ -n "$run" ] || return 0
    local folder bucket key listed
    for folder in "$internal tmp/exec/$run/" "$internal tmp/callbacks/runs/$run/" "$done_bucket $run/"; do
        bucket=${folder% *}
        listed=$(aws_http s3 GET "/$bucket?list-type=2&prefix=$(jq -rn --arg key "${folder#* }" '$key | @uri')") || continue
        while read -r key; do
            aws_http s3 DELETE "/$bucket/$key" >/dev/null || true
        done < <(grep -o '<Key>[^<]*</Key>' <<<"$listed" | sed 's/<[^>]*>//g')
    done
}
trap clean_up EXIT

# --- every resource

for bucket in "$internal" "$done_bucket"; do
    check "bucket $bucket" 200 200 "$(aws_http s3 HEAD "/$bucket")"
done
while read -r table; do
    check "table $table" 200 '"ACTIVE"' "$(aws_json dynamodb DynamoDB_20120810.DescribeTable "{\"TableName\": \"$table\"}")"
done < <(output '.tables.value[]')
while read -r function; do
    check "function $function" 200 '"Active"' "$(aws_http lambda GET "/2015-03-31/functions/$function/configuration")"
done < <(output '.functions.value[]')
check "watchdog" 200 '"ACTIVE"' \
    "$(aws_json states AWSStepFunctions.DescribeStateMachine "{\"stateMachineArn\": \"$(output .state_machine_arn.value)\"}")"
while read -r project; do
    check "build project $project" 200 "\"$project\"" \
        "$(aws_json codebuild CodeBuild_20161006.BatchGetProjects "{\"names\": [\"$project\"]}")"
done < <(output '.build_projects.value[]')
document=$(output '.ssm_document.value // empty')
if [ -n "$document" ]; then
    check "document $document" 200 '"Active"' "$(aws_json ssm AmazonSSM.DescribeDocument "{\"Name\": \"$document\"}")"
fi
check "key" 200 '"Enabled"' "$(aws_json kms TrentService.DescribeKey "{\"KeyId\": \"$(output .kms_key_arn.value)\"}")"
check "dead-letter queue" 200 QueueArn "$(aws_json sqs AmazonSQS.GetQueueAttributes \
    "{\"QueueUrl\": \"$(output .dead_letter_queue_url.value)\", \"AttributeNames\": [\"QueueArn\"]}")"
topic=$(output .jobs_topic_arn.value)
check "topic" 200 "$topic" "$(aws_http sns POST / --data "Action=GetTopicAttributes&Version=2010-03-31" \
    --data-urlencode "TopicArn=$topic")"
while read -r group; do
    check "log group $group" 200 "\"$group\"" \
        "$(aws_json logs Logs_20140328.DescribeLogGroups "{\"logGroupNamePrefix\": \"$group\"}")"
done < <(output '.log_groups.value[]')
alarms=$(aws_http monitoring POST / --data "Action=DescribeAlarms&Version=2010-08-01&MaxRecords=100&AlarmNamePrefix=$prefix-")
while read -r alarm; do
    check "alarm $alarm" 200 "<AlarmName>$alarm</AlarmName>" "$alarms"
done < <(output '.alarms.value[]')
check "dashboard" 200 '"widgets' "$(aws_http monitoring POST / \
    --data "Action=GetDashboard&Version=2010-08-01&DashboardName=$(output .dashboard.value)" | sed 's/&quot;/"/g')"

# --- the API

# ask [CURL OPTION…] URL: as a caller whom IAM knows; or, where the API takes tokens, with SMOKE_TOKEN.
ask() {
    if [ -n "${SMOKE_TOKEN:-}" ]; then
        printf 'header = "authorization: Bearer %s"\n' "$SMOKE_TOKEN" |
            curl --disable --silent --show-error --max-time 60 --config - --write-out '\n%{http_code}\n' "$@"
    else
        signed_curl execute-api "$@"
    fi
}

submit() {
    ask --header 'content-type: application/json' --data "$1" "$api/init"
}

stranger=$(curl --disable --silent --show-error --max-time 60 --write-out '\n%{http_code}\n' \
    --header 'content-type: application/json' --data '{}' "$api/init")
check "a stranger is turned away" "401|403" '"message"' "$stranger"

check "a job without orders is refused" 400 '"errors": [{"where"' "$(submit '{"job": {"username": "smoke", "orders": []}}')"

# shellcheck disable=SC2016 # the command's variable, not ours
accepted=$(submit '{"job": {"username": "smoke", "flow_label": "smoke", "orders": [
    {"order_name": "hello", "cmds": ["echo hello from $ORDER_ID"], "timeout": 60, "execution_target": "lambda"}]}}')
check "a job is taken" 200 '"status": "ok"' "$accepted"
run=$(jq -r '.run_id // empty' 2>/dev/null <<<"${accepted%$'\n'*}" || true)

if [ -n "$run" ]; then
    end=$((SECONDS + ${SMOKE_SECONDS:-300}))
    pause=1
    while answer=$(aws_http s3 GET "/$done_bucket/$run/done") && [ "${answer##*$'\n'}" = 404 ] && [ "$SECONDS" -lt "$end" ]; do
        sleep "$pause"
        pause=$((pause < 5 ? pause + 1 : 5))
    done
    check "run $run ends well" 200 '"status": "succeeded"' "$answer"
    if [ "$(output '.functions.value.history // empty')" ]; then
        check "its history is told" 200 '"succeeded"' "$(ask "$api/runs/$run")"
        check "its log is there" 200 'hello from hello' "$(ask "$api/runs/$run/orders/0001/log")"
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
