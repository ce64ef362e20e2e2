#!/usr/bin/env bash
# Writes down what 02-deploy is to deploy: infrastructure/02-deploy/generated.auto.tfvars.json.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/generate_tfvars.sh <ecr_repo_url> <image_tag> <region>
       scripts/generate_tfvars.sh --zip <file> <build_image> <region>

  ecr_repo_url   as 01-ecr prints it
  image_tag      of the image that was pushed there
  region         of the deployment, such as eu-central-1
  file           without ECR: a zip of the engine and its libraries, for the functions
  build_image    without ECR: the image that CodeBuild is to run

PREFIX in the environment (execution-engine, unless set) is what all names begin with. What you set yourself goes
into infrastructure/02-deploy/terraform.tfvars, which no script touches; all variables are in variables.tf there.
TEXT
}

quoted() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
if [ "${1:-}" = --zip ] && [ $# -eq 4 ]; then
    [ -f "$2" ] || {
        echo "generate_tfvars.sh: there is no file '$2'" >&2
        exit 2
    }
    file=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
    what="\"package_type\": \"Zip\", \"zip_path\": $(quoted "$file"), \"build_image\": $(quoted "$3")" region=$4
elif [ $# -eq 3 ] && [ "$1" != --zip ]; then
    if ! [[ $2 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]]; then
        echo "generate_tfvars.sh: '$2' is no tag of an image" >&2
        exit 2
    fi
    what="\"package_type\": \"Image\", \"image_uri\": $(quoted "$1:$2")" region=$3
else
    usage >&2
    exit 2
fi
if ! [[ $region =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]]; then
    echo "generate_tfvars.sh: '$region' is no region of AWS, such as eu-central-1" >&2
    exit 2
fi

# An embedded AWS has no names of its own for buckets, and no TLS.
embedded=
case ${AWS_ENDPOINT_URL:-} in
http://*) embedded=', "s3_use_path_style": true, "tls_only": false' ;;
https://*) embedded=', "s3_use_path_style": true' ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")/../infrastructure/02-deploy"
printf '{"region": %s, "prefix": %s, %s%s}\n' "$(quoted "$region")" "$(quoted "${PREFIX:-execution-engine}")" \
    "$what" "$embedded" >generated.auto.tfvars.json
echo "infrastructure/02-deploy/generated.auto.tfvars.json"
