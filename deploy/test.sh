#!/usr/bin/env bash
# Every check there is: set-up, style, types, tests. Arguments go to pytest instead of the stages:
#
#   bash deploy/test.sh                        everything
#   bash deploy/test.sh tests/unit -k topics   only these tests
#
# Status 0 only when every stage passed; a stage that fails does not keep the others from running.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# shellcheck source=deploy/setup.sh
. deploy/setup.sh
setup_project kafka,dev || exit 1
setup_postgres || true # the tests that need it fail by themselves and say so
setup_chromium || true # likewise
setup_prometheus || true # likewise
setup_kcat || true # likewise
PATH="$VENV/bin:$PATH"
export PATH

if [ "$#" -gt 0 ]; then exec python -m pytest "$@"; fi

summary=()
status=0

# stage NAME COMMAND...: run it, time it, remember how it went.
stage() {
    local name="$1" begun="$SECONDS" result=passed
    shift
    printf '\n== %s\n' "$name"
    "$@" || { result="FAILED ($?)"; status=1; }
    summary+=("$(printf '%-28s %-12s %4d s' "$name" "$result" "$((SECONDS - begun))")")
}

# Only folders that hold tests: without one pytest would take them all, an empty one is an error to it.
with_tests() {
    local folder
    for folder in "$@"; do
        if [ -n "$(find "tests/$folder" -name 'test_*.py' -print -quit 2>/dev/null)" ]; then
            printf 'tests/%s\n' "$folder"
        fi
    done
}

stage "style (ruff check)" ruff check .
stage "format (ruff format)" ruff format --check .
stage "types (mypy)" mypy
stage "deployment files (lint)" bash deploy/lint.sh

mapfile -t quick < <(with_tests unit property contract golden)
mapfile -t broker < <(with_tests kafka)
mapfile -t desk < <(with_tests desk)
mapfile -t browser < <(with_tests browser)
mapfile -t live < <(with_tests live)
mapfile -t chaos < <(with_tests chaos)
measured=(--cov=stream.domain --cov=stream.rules --cov=stream.policy --cov=stream.engine --cov-report=)
# Two processes, each with a broker and a PostgreSQL of its own where one is needed. Chaos too: its faults come when so
# much has been taken, not after so many seconds.
pair=(--numprocesses=2 --dist=worksteal)
rm -f .coverage .coverage.*
stage "tests without a broker" python -m pytest "${quick[@]:?no tests found}" "${measured[@]}" "${pair[@]}"
stage "tests on a real broker" python -m pytest "${broker[@]:?no tests found}" "${measured[@]}" "${pair[@]}" --cov-append
stage "tests of the desk" python -m pytest "${desk[@]:?no tests found}" "${pair[@]}"
stage "the desk in a browser" python -m pytest "${browser[@]:?no tests found}"
stage "a running stack, watched" python -m pytest "${live[@]:?no tests found}"
stage "coverage, 95 % or more" python -m coverage report --skip-covered --show-missing --fail-under=95

# Before the last stage, so that pytest's closing line ends the output; that line has the stage's own time.
printf '\n== so far\n'
printf '   %s\n' "${summary[@]}"
stage "chaos" python -m pytest "${chaos[@]:?no tests found}" "${pair[@]}"
exit "$status"
