# Sets up .venv for demo.sh and test.sh, or says what is missing. To be sourced:
#
#   . deploy/setup.sh
#   setup_project kafka          # extras of pyproject.toml, comma separated: kafka,dev
#   "$VENV/bin/python" ...
#
# Runs on a bare Debian with Python 3.11 or newer; returns at once when pyproject.toml and the lock have not changed.
# What is installed is what deploy/locks says, each file checked by its hash (deploy/audit.sh makes the locks).
# shellcheck shell=bash

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="${CHURNWATCH_VENV:-$PROJECT/.venv}"
export VENV

setup_say() { printf '%s\n' "$*" >&2; }

setup_fail() {
    setup_say "setup: $1"
    shift
    local line
    for line in "$@"; do setup_say "  $line"; done
    return 1
}

# Print the first Python that is new enough.
setup_python() {
    local python
    for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$python" ] || continue
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return 0
        fi
    done
    return 1
}

# Install Debian packages where that is possible without asking anybody.
setup_apt() {
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
    setup_say "setup: apt-get install $*"
    {
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" ||
            { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; }
    } >&2
}

# Make sure that PostgreSQL's programs are there: the tests start a server of their own, none needs to run.
setup_postgres() {
    if [ -n "$(find /usr/lib/postgresql -path '*/bin/initdb' -print -quit 2>/dev/null)" ] ||
        command -v initdb >/dev/null; then return 0; fi
    setup_apt postgresql ||
        setup_fail "PostgreSQL is not installed: tests of the desk will fail." \
            "On Debian or Ubuntu: sudo apt-get install postgresql"
}

# Make sure that there is a Chromium, and a font with Chinese in it, for the tests of the desk's page.
setup_chromium() {
    if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then return 0; fi
    setup_apt chromium fonts-noto-cjk ||
        setup_fail "Chromium is not installed: the tests of the desk's page will fail." \
            "On Debian: sudo apt-get install chromium fonts-noto-cjk"
}

# Make sure that Prometheus and its promtool are there, for the demo's dashboards and for the tests of metrics, rules and
# dashboards: they start a server of their own, none needs to run.
setup_prometheus() {
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then return 0; fi
    setup_apt prometheus ||
        setup_fail "Prometheus is not installed: the demo's dashboards and the tests of metrics and rules need it." \
            "On Debian or Ubuntu: sudo apt-get install prometheus"
}

# Make sure that kcat and jq are there, for the test of the sample consumer that uses them.
setup_kcat() {
    if command -v kcat >/dev/null && command -v jq >/dev/null; then return 0; fi
    setup_apt kcat jq ||
        setup_fail "kcat or jq is not installed: the test of the sample consumer will fail." \
            "On Debian or Ubuntu: sudo apt-get install kcat jq"
}

# A venv without pip is what Debian leaves behind where python3-venv is missing.
setup_venv() {
    local python="$1"
    if "$VENV/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return 0; fi
    rm -f "$VENV/.setup-"*
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        local version
        version="$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
        setup_apt "$version-venv" || setup_apt python3-venv ||
            setup_fail "$python has no venv module." \
                "On Debian or Ubuntu: sudo apt-get install $version-venv" \
                "then run this again." || return 1
    fi
    setup_say "setup: making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV" >&2 ||
        setup_fail "cannot make a virtual environment in $VENV." "Is the directory writable, the disk full?"
}

setup_pip() {
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}

# setup_project EXTRAS: make $VENV hold the project with these extras.
setup_project() {
    local extras="$1" python stamp sum lock="$PROJECT/deploy/locks/${1//,/-}.txt"
    [ -f "$lock" ] || { setup_fail "there is no lock for the extras $extras: $lock"; return 1; }
    if ! python="$(setup_python)"; then
        setup_apt python3 python3-venv || true
        python="$(setup_python)" || {
            setup_fail "Python 3.11 or newer is needed; found: $(python3 --version 2>&1 || true)." \
                "On Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv" \
                "or name another one: PYTHON=/path/to/python3.12 bash $0"
            return 1
        }
    fi
    setup_venv "$python" || return 1

    stamp="$VENV/.setup-${extras//,/-}"
    # the version of Python and the place count too: an editable installation points at this checkout
    sum="$({ "$VENV/bin/python" --version; printf '%s\n' "$PROJECT"; cat "$PROJECT/pyproject.toml" "$lock"; } |
        sha256sum)"
    if [ -x "$VENV/bin/churnwatch" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi

    setup_say "setup: installing churnwatch[$extras] into $VENV (a few minutes the first time)"
    if ! setup_pip --require-hashes --only-binary :all: --requirement "$lock" ||
        ! setup_pip --no-deps --no-build-isolation --editable "$PROJECT"; then
        setup_fail "the packages could not be installed (pip's reason is above)." \
            "Without a network: fill a folder elsewhere with pip download --require-hashes -r deploy/locks/${lock##*/}" \
            "and run this again with PIP_NO_INDEX=1 PIP_FIND_LINKS=THAT_FOLDER."
        return 1
    fi
    printf '%s\n' "$sum" >"$stamp"
}
