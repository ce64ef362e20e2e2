#!/bin/sh
# Install what building and testing the image without a daemon needs, on Debian and Ubuntu: as root, nothing to say if
# it is all there.
set -eu

for tool in buildah runc debootstrap; do
    command -v "$tool" >/dev/null || set -- "$@" "$tool"
done
[ $# -gt 0 ] || exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "$@" >/dev/null
