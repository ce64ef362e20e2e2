#!/usr/bin/env bash
# Builds the engine's image and pushes it.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/push_image.sh <ecr_repo_url> <image_tag> <region>

  ecr_repo_url   as scripts/create_repository.sh prints it
  image_tag      of the new image; a tag can't be used twice
  region         of the repository, such as eu-central-1

DOCKER in the environment: what builds and pushes (docker, unless set; podman and scripts/buildah.sh take the same
arguments).
BUILD_ARGS: further arguments of the build, such as "--build-arg BASE_IMAGE=…".
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
# shellcheck source=scripts/stacks.sh
. "$(dirname "${BASH_SOURCE[0]}")/stacks.sh"
usage_unless [ $# = 3 ]
docker=${DOCKER:-docker}
need "$docker" curl jq base64
need_keys
# shellcheck disable=SC2034 # aws_http.sh reads it
REGION=$3
image=$1:$2

read -ra build_args <<<"${BUILD_ARGS:-}"
DOCKER=$docker "$root/scripts/build_image.sh" "$image" ${build_args[@]+"${build_args[@]}"} >&2
token=$(signed_curl ecr --request POST --data '{}' --header 'content-type: application/x-amz-json-1.1' \
    --header 'x-amz-target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' "$(aws_endpoint api.ecr)/" |
    head -n 1 | jq -r '.authorizationData[0].authorizationToken' | base64 --decode)
"$docker" login --username AWS --password-stdin "${1%%/*}" >&2 <<<"${token#AWS:}"
"$docker" push "$image" >&2
echo "$image"
