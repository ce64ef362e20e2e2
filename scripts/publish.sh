#!/usr/bin/env bash
# The first of two commands: the state bucket, the image repository, the image, and what is to be deployed. Prints the
# state bucket, which scripts/deploy.sh asks for.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/publish.sh <region> [<bucket>]

  region   such as eu-central-1
  bucket   the state bucket; <prefix>-state-<account>-<region> unless given

PREFIX in the environment: execution-engine, unless set. TAG: of the image (of the commit and the time, unless set).
Then: scripts/deploy.sh <bucket> <region>
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# -ge 1 -a $# -le 2 ]
here=$root/scripts

bucket=$("$here/bootstrap.sh" "$@")
repository=$("$here/create_repository.sh" "$bucket" "$1")
tag=${TAG:-$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo image)-$(date -u +%Y%m%d%H%M%S)}
"$here/push_image.sh" "$repository" "$tag" "$1" >&2
"$here/generate_tfvars.sh" "$repository" "$tag" "$1" >&2
echo "$bucket"
