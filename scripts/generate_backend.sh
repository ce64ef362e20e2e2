#!/usr/bin/env bash
# Writes down where the state of a stack is kept: infrastructure/<stage>/backend.hcl.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/generate_backend.sh <bucket> <stage> <region>

  bucket   the state bucket, as 00-bootstrap made it
  stage    01-ecr or 02-deploy
  region   of the bucket, such as eu-central-1

PREFIX in the environment (execution-engine, unless set) keeps deployments in one bucket apart.
Then: terraform -chdir=infrastructure/<stage> init -backend-config=backend.hcl
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
if [ $# -ne 3 ]; then
    usage >&2
    exit 2
fi
bucket=$1 stage=$2 region=$3
cd "$(dirname "${BASH_SOURCE[0]}")/../infrastructure"

case $stage in
01-ecr | 02-deploy) ;;
*)
    echo "generate_backend.sh: there is no stage '$stage' with a state in the bucket; 01-ecr and 02-deploy have one" >&2
    exit 2
    ;;
esac
if ! [[ $bucket =~ ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ ]]; then
    echo "generate_backend.sh: '$bucket' is no name of a bucket" >&2
    exit 2
fi
if ! [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]]; then
    echo "generate_backend.sh: '$region' is no region of AWS, such as eu-central-1" >&2
    exit 2
fi

{
    printf 'bucket       = "%s"\n' "$bucket"
    printf 'key          = "%s/%s.tfstate"\n' "${PREFIX:-execution-engine}" "$stage"
    printf 'region       = "%s"\n' "$region"
    printf 'encrypt      = true\n'
    printf 'use_lockfile = true\n'
    # An embedded AWS has no names of its own for buckets.
    [ -z "${AWS_ENDPOINT_URL:-}" ] || printf 'use_path_style = true\n'
} >"$stage/backend.hcl"
echo "infrastructure/$stage/backend.hcl"
