#!/usr/bin/env bash
# Sourced, not run: Terraform for the stacks. What it prints goes to standard error, so that a script's own answer is
# all there is on standard output.
#
#   stack STAGE COMMAND [ARGUMENT…]      terraform COMMAND in infrastructure/STAGE
#   stack_init STAGE [ARGUMENT…]         the same for init
#   stack_output STAGE NAME              prints one of its outputs
#   variables                            an array: the arguments that all stacks' variables have in common
#   state_bucket                         prints the name that the state bucket has unless it is given
#
# TF_PLUGIN_DIR, if set, is where providers are taken from instead of Terraform's registry.

# shellcheck source=scripts/aws_http.sh
. "$(dirname "${BASH_SOURCE[0]}")/aws_http.sh"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PREFIX=${PREFIX:-execution-engine}
export PREFIX TF_IN_AUTOMATION=1 TF_INPUT=0
# A file that is not there would be a warning at each step.
[ -e "${TF_CLI_CONFIG_FILE:-/}" ] || unset TF_CLI_CONFIG_FILE

variables=(-var "prefix=$PREFIX")
case ${AWS_ENDPOINT_URL:-} in
http*) variables+=(-var s3_use_path_style=true) ;;
esac

stack() {
    terraform -chdir="$root/infrastructure/$1" "${@:2}" >&2
}

stack_output() {
    terraform -chdir="$root/infrastructure/$1" output -raw "$2"
}

stack_init() {
    stack "$1" init ${TF_PLUGIN_DIR:+-plugin-dir="$TF_PLUGIN_DIR"} "${@:2}"
}

state_bucket() {
    local account
    account=$(aws_account)
    printf '%s-state-%s-%s\n' "$PREFIX" "$account" "$REGION"
}

# plain_http: whether AWS answers without TLS, as an embedded one does.
plain_http() {
    [[ ${AWS_ENDPOINT_URL:-} == http://* ]]
}

# usage_unless CONDITION…: prints the usage and ends, asked for or not.
usage_unless() {
    "$@" || {
        usage >&2
        exit 2
    }
}
