#!/usr/bin/env bash
# The container file, the compose file and the Kubernetes objects by their own linters, which bring their schemas:
#
#   bash deploy/lint.sh
#
# They have an environment of their own, .venv-lint, locked. Status 0 only when all are content.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CHURNWATCH_VENV="${CHURNWATCH_LINT_VENV:-$PWD/.venv-lint}"
# shellcheck source=deploy/setup.sh
. deploy/setup.sh
setup_venv "$(setup_python)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --requirement deploy/locks/lint.txt
status=0

# told NAME COMMAND...: run it and say how it went.
told() {
    local name="$1"
    shift
    if "$@"; then printf '%-24s clean\n' "$name"; else printf '%-24s FAILED\n' "$name" && status=1; fi
}

# A kustomization is no object of the cluster's, and churnwatch.toml no YAML.
objects=(deploy/kubernetes/secrets.yaml)
for file in deploy/kubernetes/base/*.yaml; do
    [ "${file##*/}" = kustomization.yaml ] || objects+=("$file")
done
told "hadolint" "$VENV/bin/hadolint" deploy/container/Containerfile
told "kubernetes-validate" "$VENV/bin/kubernetes-validate" --strict --quiet "${objects[@]}"
told "compose-spec" "$VENV/bin/python" deploy/compose/lint.py deploy/compose/compose.yaml
exit "$status"
