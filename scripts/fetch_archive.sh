#!/usr/bin/env bash
# Fetches the code and the variables of a deployment that scripts/archive.sh put beside its state, and unpacks them.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/fetch_archive.sh <bucket> <region> <folder> [<key>]

  bucket   the state bucket
  region   of the bucket, such as eu-central-1
  folder   a new one, to unpack into; there, scripts/destroy.sh tears the deployment down
  key      of the archive; the latest unless given

PREFIX in the environment: execution-engine, unless set.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    usage >&2
    exit 2
fi
# shellcheck source=scripts/aws_http.sh
. "$(dirname "${BASH_SOURCE[0]}")/aws_http.sh"
need curl tar
need_keys
# shellcheck disable=SC2034 # aws_http.sh reads it
REGION=$2
bucket=$1 folder=$3 key=${4:-${PREFIX:-execution-engine}/archives/latest.tar.gz}

mkdir -p "$(dirname "$folder")"
mkdir "$folder"
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
answer=$(aws_http s3 GET "/$bucket/$key" --output "$archive")
status=${answer##*$'\n'}
if [ "$status" != 200 ]; then
    rmdir "$folder"
    echo "fetch_archive.sh: s3://$bucket/$key can't be read: HTTP $status; was this deployed by the workflow, from" \
        "this account and region, with this PREFIX?" >&2
    exit 1
fi
tar -C "$folder" -xzf "$archive"
echo "$folder"
