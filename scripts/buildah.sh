#!/bin/sh
# buildah as it works without a daemon, with everything it stores in this clone: scripts/buildah.sh ARGUMENTS…
# Needs root and, from Debian, buildah and runc.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
store=${IMAGE_CACHE:-$root/.cache/image}
mkdir -p "$store"
if ! command -v buildah >/dev/null; then
    echo "buildah.sh: no buildah in the PATH (Debian, Ubuntu: apt-get install buildah runc)" >&2
    exit 127
fi
# overlay: the other driver that works everywhere, vfs, copies every layer whole.
cat > "$store/storage.conf.$$" <<END
[storage]
driver = "${STORAGE_DRIVER:-overlay}"
graphroot = "$store/storage"
runroot = "$store/run"
END
mv "$store/storage.conf.$$" "$store/storage.conf"
export CONTAINERS_STORAGE_CONF="$store/storage.conf"
export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}"
exec buildah "$@"
