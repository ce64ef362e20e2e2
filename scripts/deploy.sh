#!/usr/bin/env bash
# The second of two commands: deploys what scripts/generate_tfvars.sh wrote down, and prints the API's URL.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/deploy.sh <bucket> <region>

  bucket   the state bucket, as scripts/bootstrap.sh prints it
  region   such as eu-central-1

PREFIX in the environment: execution-engine, unless set; the same as when the tfvars were written.
Then: tests/smoke/test_deploy.sh
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# = 2 ]
need terraform
[ -f "$root/infrastructure/02-deploy/generated.auto.tfvars.json" ] || {
    echo "deploy.sh: nobody has said what to deploy; see scripts/generate_tfvars.sh --help" >&2
    exit 2
}

"$root/scripts/generate_backend.sh" "$1" 02-deploy "$2" >&2
stack_init 02-deploy -reconfigure -backend-config=backend.hcl
stack 02-deploy apply -auto-approve -var "region=$2"
stack_output 02-deploy api_url
echo
