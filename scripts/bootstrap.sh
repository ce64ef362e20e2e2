#!/usr/bin/env bash
# Makes the bucket that keeps Terraform's states, unless it is there, and prints its name.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/bootstrap.sh <region> [<bucket>]

  region   such as eu-central-1
  bucket   its name; <prefix>-state-<account>-<region> unless given

PREFIX in the environment: execution-engine, unless set.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# -ge 1 -a $# -le 2 ]
need curl terraform
need_keys
REGION=$1
bucket=${2:-$(state_bucket)}

found=$(aws_http s3 HEAD "/$bucket")
case ${found##*$'\n'} in
200) echo "the state bucket $bucket is there already" >&2 ;;
404)
    plain_http && variables+=(-var tls_only=false)
    stack_init 00-bootstrap
    stack 00-bootstrap apply -auto-approve "${variables[@]}" -var "region=$REGION" -var "bucket_name=$bucket"
    ;;
*)
    echo "bootstrap.sh: the bucket $bucket can't be used: HTTP ${found##*$'\n'}; it is somebody else's or in another" \
        "region, or these keys may not look at it; name another one" >&2
    exit 1
    ;;
esac
echo "$bucket"
