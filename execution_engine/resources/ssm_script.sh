#!/bin/bash
# Fetches what this instance is to run, checks it, and becomes it. Needs bash, curl, python3 >= 3.9, and of
# coreutils mktemp, rm, sha256sum, sleep. The address is a key: it is in no process's arguments and in no message.
set -u

# SSM's agent sets these from version 3.3.2746 on. An older one pastes the values in instead, which the document's
# patterns keep free of quotes, dollars, backticks, backslashes and line breaks.
if [ -z "${SSM_BundleUrl+x}" ]; then SSM_BundleUrl="{{ BundleUrl }}"; fi
if [ -z "${SSM_BundleSha256+x}" ]; then SSM_BundleSha256="{{ BundleSha256 }}"; fi
url=$SSM_BundleUrl sha256=$SSM_BundleSha256
unset SSM_BundleUrl SSM_BundleSha256

folder=
give_up() {
    printf 'execution-engine: %s\n' "$1" >&2
    [ -z "$folder" ] || rm -rf -- "$folder"
    exit 2
}

for tool in curl mktemp rm sha256sum sleep; do
    command -v "$tool" >/dev/null || give_up "there is no $tool on this instance; install it"
done

python=
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
    if command -v "$name" >/dev/null && "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
        python=$name
        break
    fi
done
[ -n "$python" ] || give_up "there is no python3 of version 3.9 or later on this instance; install one"

folder=$(mktemp -d "${TMPDIR:-/tmp}/execution-engine-XXXXXXXX") || give_up "no folder can be made in ${TMPDIR:-/tmp}"
trap 'rm -rf -- "$folder"' EXIT

why=
for pause in 1 2 4 8 0; do
    status=$(printf 'url = "%s"\n' "$url" | curl --disable --silent --show-error --connect-timeout 10 --max-time 120 \
        --output "$folder/launch.zip" --write-out '%{http_code}' --config -)
    case $status in
    200)
        found=$(sha256sum "$folder/launch.zip")
        [ "${found%% *}" != "$sha256" ] || break
        why="it is not what was sent for (another digest)"
        ;;
    400 | 403 | 404)
        give_up "the launch can't be fetched: HTTP $status; its address has expired, or it is gone"
        ;;
    *) why="HTTP $status" ;;
    esac
    [ "$pause" != 0 ] || give_up "the launch can't be fetched: $why; see that this instance reaches S3"
    sleep "$pause"
done

trap - EXIT
# It removes its folder as soon as it has read itself, so that nothing is left however it ends.
exec "$python" -I "$folder/launch.zip" --remove
