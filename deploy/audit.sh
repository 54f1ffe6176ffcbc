#!/usr/bin/env bash
# What is installed, to the byte, and whether it is known to be bad:
#
#   bash deploy/audit.sh lock      resolve pyproject.toml into deploy/locks; what is locked and still fits stays
#   bash deploy/audit.sh upgrade   the same with the newest versions that fit
#   bash deploy/audit.sh sbom      write deploy/docs/sbom.cdx.json (CycloneDX) from the locks
#   bash deploy/audit.sh check     ask for known vulnerabilities of what is locked; needs the advisories' service
#
# The tools have an environment of their own, .venv-audit, itself locked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CHURNWATCH_VENV="${CHURNWATCH_AUDIT_VENV:-$PWD/.venv-audit}"
# shellcheck source=deploy/setup.sh
. deploy/setup.sh
LOCKS=deploy/locks

# compile NAME ARGUMENTS...: wheels only, for every platform, each with its hashes; no registry's address is written.
compile() {
    local name="$1"
    shift
    "$VENV/bin/uv" pip compile "$@" --universal --python-version 3.11 --only-binary :all: --generate-hashes \
        --no-annotate --no-emit-index-url --quiet --custom-compile-command "bash deploy/audit.sh lock" \
        --output-file "$LOCKS/$name.txt"
}

compile_all() {
    local project=(pyproject.toml "$LOCKS/build.in")
    compile kafka-dev "${project[@]}" --extra kafka --extra dev "$@"
    compile kafka "${project[@]}" --extra kafka --constraints "$LOCKS/kafka-dev.txt" "$@"
    compile run "${project[@]}" --constraints "$LOCKS/kafka-dev.txt" "$@"
    compile audit "$LOCKS/audit.in" "$@"
    compile lint "$LOCKS/lint.in" "$@"
}

setup_venv "$(setup_python)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --requirement "$LOCKS/audit.txt"
case "${1:-}" in
lock) compile_all ;;
upgrade) compile_all --upgrade ;;
sbom) "$VENV/bin/python" deploy/sbom.py deploy/docs/sbom.cdx.json ;;
check) "$VENV/bin/pip-audit" --require-hashes --disable-pip --requirement "$LOCKS/kafka.txt" ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
