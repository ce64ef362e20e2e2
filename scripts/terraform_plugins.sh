#!/usr/bin/env bash
# Prints a plugin directory of this machine that holds Terraform's AWS provider, for `terraform init -plugin-dir`
# where its registry is out of reach; exit 1 if there is none. TF_PLUGIN_DIR, if set, is believed.
set -euo pipefail

case ${1:-} in
'') ;;
-h | --help)
    echo "usage: scripts/terraform_plugins.sh"
    exit 0
    ;;
*)
    echo "usage: scripts/terraform_plugins.sh" >&2
    exit 2
    ;;
esac

if [ -n "${TF_PLUGIN_DIR:-}" ]; then
    printf '%s\n' "$TF_PLUGIN_DIR"
    exit 0
fi

# …/HOST/hashicorp/aws/VERSION/SYSTEM/terraform-provider-aws_v…, which Terraform wants to be led to above HOST. Where
# it usually lies comes first: it is found sooner, and whatever else comes and goes on this machine is not in the way.
for place in "${HOME:-/root}/.terraform.d" /usr/local/share/terraform /usr/share/terraform /opt /usr/local /usr /srv /; do
    [ -d "$place" ] || continue
    found=$(find "$place" \( -path /proc -o -path /sys -o -path /dev -o -path '*/.terraform' \) -prune -o \
        -path '*/registry.terraform.io/hashicorp/aws/*/terraform-provider-aws_v*' -type f -print -quit 2>/dev/null) || true
    if [ -n "$found" ]; then
        printf '%s\n' "${found%/registry.terraform.io/*}"
        exit 0
    fi
done
exit 1
