#!/usr/bin/env bash
# Puts the code and the variables of a deployment beside its state, for whoever tears it down; prints where.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/archive.sh <bucket> <region>

  bucket   the state bucket
  region   of the bucket, such as eu-central-1

PREFIX in the environment: execution-engine, unless set. To tear down from the archive: unpack it, and call
scripts/destroy.sh there.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# = 2 ]
need curl tar sha256sum
need_keys
# shellcheck disable=SC2034 # aws_http.sh reads it
REGION=$2
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT

# Whoever tears down needs no more than this; states and downloaded providers are no part of it.
tar -C "$root" -czf "$archive" --exclude=.terraform --exclude='*.tfstate*' --exclude=__pycache__ \
    infrastructure scripts execution_engine/resources tests/smoke
key=$PREFIX/archives/$(date -u +%Y%m%dT%H%M%SZ).tar.gz
digest=$(sha256sum "$archive")
for name in "$key" "$PREFIX/archives/latest.tar.gz"; do
    answer=$(aws_http s3 PUT "/$1/$name" --header "x-amz-content-sha256: ${digest%% *}" \
        --header 'content-type: application/gzip' --data-binary "@$archive")
    [ "${answer##*$'\n'}" = 200 ] || {
        echo "archive.sh: s3://$1/$name could not be written: $answer" >&2
        exit 1
    }
done
echo "s3://$1/$key"
