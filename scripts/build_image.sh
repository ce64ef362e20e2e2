#!/bin/sh
# Build the engine's image:
#
#     scripts/build_image.sh [IMAGE [OPTION…]]      aws-execution-engine; options go to the builder
#
# DOCKER: what builds; docker where its daemon answers, else scripts/buildah.sh. Podman takes the same arguments.
# BASE_IMAGE: another base than the one in container/Dockerfile.
set -eu

cd "$(dirname "$0")/.."
image=${1:-aws-execution-engine}
[ $# -eq 0 ] || shift

if [ -z "${DOCKER-}" ]; then
    if docker info >/dev/null 2>&1; then DOCKER=docker; else DOCKER=scripts/buildah.sh; fi
fi
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' execution_engine/__init__.py)
revision=$(git rev-parse HEAD 2>/dev/null || true)
set -- --file container/Dockerfile --tag "$image" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" "$@"
[ -z "${BASE_IMAGE-}" ] || set -- --build-arg "BASE_IMAGE=$BASE_IMAGE" "$@"

# Lambda takes no image with attestations beside it, which is an index of images.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
# Layers are kept, so that the next build begins where something changed.
export BUILDAH_LAYERS=true
exec "$DOCKER" build "$@" .
