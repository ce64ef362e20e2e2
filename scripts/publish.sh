#!/usr/bin/env bash
# The first of two commands: the state bucket, the image repository, the image, and what is to be deployed. Prints the
# state bucket, which scripts/deploy.sh asks for.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/publish.sh [--zip] <region> [<bucket>]

  region   such as eu-central-1
  bucket   the state bucket; <prefix>-state-<account>-<region> unless given
  --zip    without Docker and ECR: functions run a zip, and builds the image that BUILD_IMAGE names

PREFIX in the environment: execution-engine, unless set. TAG: of the image (of the commit and the time, unless set).
BUILD_IMAGE: for --zip, any image with git and the engine; an embedded AWS runs none, and needs none.
Then: scripts/deploy.sh <bucket> <region>
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
zip=
[ "${1:-}" != --zip ] || { zip=yes && shift; }
usage_unless [ $# -ge 1 -a $# -le 2 ]
here=$root/scripts

if [ -n "$zip" ]; then
    # What an embedded AWS runs, it runs with the Python at hand.
    version=3.13
    if plain_http; then
        version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        BUILD_IMAGE=${BUILD_IMAGE:-none}
    fi
    [ -n "${BUILD_IMAGE:-}" ] || {
        echo "publish.sh: with --zip builds need an image from elsewhere: set BUILD_IMAGE to one with the engine" >&2
        exit 2
    }
    bucket=$("$here/bootstrap.sh" "$@")
    mkdir -p "$root/.cache"
    "$here/build_zip.sh" "$root/.cache/engine.zip" "$version" >&2
    "$here/generate_tfvars.sh" --zip "$root/.cache/engine.zip" "$BUILD_IMAGE" "$1" >&2
    echo "$bucket"
    exit
fi

bucket=$("$here/bootstrap.sh" "$@")
repository=$("$here/create_repository.sh" "$bucket" "$1")
tag=${TAG:-$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo image)-$(date -u +%Y%m%d%H%M%S)}
"$here/push_image.sh" "$repository" "$tag" "$1" >&2
"$here/generate_tfvars.sh" "$repository" "$tag" "$1" >&2
echo "$bucket"
