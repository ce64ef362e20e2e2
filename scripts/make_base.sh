#!/bin/sh
# Make a base image of Debian's packages, for where AWS's base images are out of reach:
#
#     scripts/make_base.sh [NAME [SUITE]]      localhost/engine-base of forky, the first with Python 3.14
#
# It gets this machine's certificates and the settings of its pip and apt, so that builds in it reach what this machine reaches.
# Needs root, debootstrap and buildah. The packages come from the mirror this machine's apt uses, or DEBIAN_MIRROR;
# what they unpack to stays in .cache/image, for the next time.
set -eu

cd "$(dirname "$0")/.."
name=${1:-localhost/engine-base}
suite=${2:-forky}
store=${IMAGE_CACHE:-$PWD/.cache/image}
unpacked=$store/base-$suite.tar
buildah=scripts/buildah.sh

mirror() {
    if [ -n "${DEBIAN_MIRROR-}" ]; then
        echo "$DEBIAN_MIRROR"
    else
        # shellcheck disable=SC2016 # apt fills it in
        apt-get indextargets --format '$(SITE)' | grep '/debian/*$' | head -n 1
    fi
}

# A suite that is newer than debootstrap is made as the newest that it knows.
recipe() {
    scripts=/usr/share/debootstrap/scripts
    if [ -e "$scripts/$suite" ]; then echo "$scripts/$suite"; else echo "$scripts/sid"; fi
}

unpack() {
    folder=$(mktemp -d "$store/base.XXXXXX")
    trap 'rm -rf "$folder" "$unpacked.new"' EXIT
    debootstrap --variant=minbase --include=python3,ca-certificates "$suite" "$folder" "$(mirror)" "$(recipe)" \
        > "$store/debootstrap.log" 2>&1 || {
        tail -n 20 "$store/debootstrap.log" "$folder/debootstrap/debootstrap.log" >&2 || true
        exit 1
    }
    find "$folder"/var/cache/apt "$folder"/var/lib/apt/lists "$folder"/var/log "$folder"/usr/share/doc \
        "$folder"/usr/share/man "$folder"/usr/share/locale -type f -delete
    tar --create --file "$unpacked.new" --numeric-owner --one-file-system --exclude './dev/*' --exclude './proc/*' \
        --exclude './sys/*' --directory "$folder" .
    mv "$unpacked.new" "$unpacked"
    rm -rf "$folder"
    trap - EXIT
}

# Addresses and certificates; folders of this machine's are none of the image's.
pip_settings() {
    echo "[global]"
    echo "cert = /etc/ssl/certs/ca-certificates.crt"
    python3 -m pip config list 2>/dev/null | sed -n \
        "s/^\(global\|:env:\)\.\(index-url\|extra-index-url\|proxy\|trusted-host\|timeout\)='\(.*\)'\$/\2 = \3/p" |
        grep -v ' = file:' || true
}

apt_settings() {
    apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Retries|https?::(Proxy|Verify)[A-Za-z-]*) ' || true
}

for tool in debootstrap buildah; do
    command -v "$tool" >/dev/null || {
        echo "make_base.sh: no $tool in the PATH (Debian, Ubuntu: apt-get install $tool)" >&2
        exit 127
    }
done
mkdir -p "$store"
[ -e "$unpacked" ] || unpack

container=$("$buildah" from scratch)
trap '"$buildah" rm "$container" >/dev/null' EXIT
settings=$(mktemp -d "$store/settings.XXXXXX")
pip_settings > "$settings/pip.conf"
apt_settings > "$settings/apt.conf"
cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$settings/ca-certificates.crt"
"$buildah" add --quiet "$container" "$unpacked" / >/dev/null
"$buildah" copy --quiet "$container" "$settings/pip.conf" /etc/pip.conf >/dev/null
"$buildah" copy --quiet "$container" "$settings/apt.conf" /etc/apt/apt.conf.d/90this-machine >/dev/null
"$buildah" copy --quiet "$container" "$settings/ca-certificates.crt" /etc/ssl/certs/ca-certificates.crt >/dev/null
rm -rf "$settings"
"$buildah" config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd /bin/bash "$container"
"$buildah" commit --quiet "$container" "$name" >/dev/null
echo "$name"
