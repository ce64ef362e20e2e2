#!/usr/bin/env bash
# Sourced, not run: signed requests to AWS with curl alone (7.86 or newer).
#
#   aws_http SERVICE METHOD PATH [CURL OPTION…]     prints the answer's body, and its HTTP status on a line of its own
#   aws_json SERVICE TARGET JSON                    the same, of a service that speaks AWS's JSON protocol
#   aws_account                                     prints the account's id
#   need TOOL…, need_keys                           or exit 2
#
# Keys come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the region from REGION,
# and where AWS answers from AWS_ENDPOINT_URL, if that is set. Keys are in no process's arguments.

readonly EMPTY_SHA256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || {
            echo "${0##*/}: there is no $tool here; install it" >&2
            exit 2
        }
    done
}

need_keys() {
    [ -n "${AWS_ACCESS_KEY_ID:-}" ] && [ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || {
        echo "${0##*/}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; sign in to AWS first" >&2
        exit 2
    }
}

signed_curl() {
    local service=$1
    shift
    {
        printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
        [ -z "${AWS_SESSION_TOKEN:-}" ] || printf 'header = "x-amz-security-token: %s"\n' "$AWS_SESSION_TOKEN"
    } | curl --disable --silent --show-error --max-time 60 --config - \
        --aws-sigv4 "aws:amz:$REGION:$service" --write-out '\n%{http_code}\n' "$@"
}

aws_endpoint() {
    if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
        printf '%s' "${AWS_ENDPOINT_URL%/}"
    else
        printf 'https://%s.%s.amazonaws.com' "$1" "$REGION"
    fi
}

aws_http() {
    local service=$1 method=$2 path=$3
    shift 3
    # S3 wants to be told what it gets; nothing, unless the caller says otherwise.
    if [ "$service" = s3 ] && [ "$method" != PUT ]; then
        set -- --header "x-amz-content-sha256: $EMPTY_SHA256" "$@"
    fi
    case $method in
    HEAD) set -- --head "$@" ;;
    *) set -- --request "$method" "$@" ;;
    esac
    signed_curl "$service" "$@" "$(aws_endpoint "$service")$path"
}

aws_json() {
    local version=1.1
    case $1 in dynamodb | states | sqs) version=1.0 ;; esac
    aws_http "$1" POST / --header "x-amz-target: $2" --header "content-type: application/x-amz-json-$version" --data "$3"
}

aws_account() {
    local answer
    answer=$(aws_http sts POST / --data 'Action=GetCallerIdentity&Version=2011-06-15')
    [[ $answer =~ \<Account\>([0-9]{12})\</Account\> ]] || {
        echo "${0##*/}: AWS does not say whose keys these are: $answer" >&2
        return 1
    }
    printf '%s\n' "${BASH_REMATCH[1]}"
}
