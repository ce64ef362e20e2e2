#!/usr/bin/env bash
# Makes the repository of the engine's images, or brings it up to date, and prints its URL.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/create_repository.sh <bucket> <region>

  bucket   the state bucket, as scripts/bootstrap.sh prints it
  region   such as eu-central-1

PREFIX in the environment: execution-engine, unless set.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# = 2 ]
need terraform

"$root/scripts/generate_backend.sh" "$1" 01-ecr "$2" >&2
stack_init 01-ecr -reconfigure -backend-config=backend.hcl
stack 01-ecr apply -auto-approve "${variables[@]}" -var "region=$2"
stack_output 01-ecr repository_url
echo
