#!/usr/bin/env bash
# Tears a deployment down: everything of 02-deploy and 01-ecr, and, if asked for, the state bucket.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/destroy.sh <bucket> <region> [--state-bucket]

  bucket           the state bucket
  region           such as eu-central-1
  --state-bucket   remove that, too, with all states and archives in it: no other deployment may use it

PREFIX in the environment: execution-engine, unless set.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# = 2 -o "$#:${3:-}" = 3:--state-bucket ]
need terraform
bucket=$1 region=$2

"$root/scripts/generate_backend.sh" "$bucket" 02-deploy "$region" >&2
stack_init 02-deploy -reconfigure -backend-config=backend.hcl
stack 02-deploy destroy -auto-approve -var "region=$region"

"$root/scripts/generate_backend.sh" "$bucket" 01-ecr "$region" >&2
stack_init 01-ecr -reconfigure -backend-config=backend.hcl
stack 01-ecr destroy -auto-approve "${variables[@]}" -var "region=$region"

if [ "${3:-}" = --state-bucket ]; then
    variables+=(-var "region=$region" -var "bucket_name=$bucket" -var force_destroy=true)
    plain_http && variables+=(-var tls_only=false)
    stack_init 00-bootstrap
    # Its own state may have stayed on another machine.
    stack 00-bootstrap state show aws_s3_bucket.state 2>/dev/null ||
        stack 00-bootstrap import "${variables[@]}" aws_s3_bucket.state "$bucket"
    stack 00-bootstrap apply -auto-approve -target=aws_s3_bucket.state "${variables[@]}"
    stack 00-bootstrap destroy -auto-approve "${variables[@]}"
fi
