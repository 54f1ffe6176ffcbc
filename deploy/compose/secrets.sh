#!/usr/bin/env bash
# Makes the secrets of compose.yaml, each a file; what is there already stays.
#
#   bash deploy/compose/secrets.sh [FOLDER]      default: deploy/compose/secrets, ignored by git
#
# The folder is its owner's alone. The files can be read by all, because a container sees a file as the host has it and
# runs as another user; it sees only those that it is given.
set -euo pipefail
FOLDER="${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}"
umask 022
mkdir -p "$FOLDER"
chmod 700 "$FOLDER"

# 32 random bytes in URL-safe base64: a password, and what the desk's keys have to be.
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }

# keep NAME TEXT: write it once.
keep() {
    if [ -s "$FOLDER/$1" ]; then
        printf '%s is there\n' "$1"
    else
        printf '%s\n' "$2" >"$FOLDER/$1"
        printf '%s made\n' "$1"
    fi
}

for name in http-token grafana-password postgres-password desk-keys; do keep "$name" "$(random)"; done
# the equals sign at the end of base64 does not belong in an address
password="$(sed 's/=/%3D/g' "$FOLDER/postgres-password")"
keep desk-database-url "postgresql://churnwatch:$password@postgres/churnwatch"
