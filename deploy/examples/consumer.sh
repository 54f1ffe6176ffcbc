#!/bin/sh
# Shows warnings as they come: committed ones only, each id once. Needs kcat and jq (Debian's packages).
#   sh consumer.sh localhost:9092 [GROUP] [TOPIC]
# kcat commits by itself, also what is still in the pipe: good to look at alerts, not to act on them (see consumer.py).
set -eu
bootstrap=${1:?host:port of a broker}
group=${2:-churnwatch-reader-example}
topic=${3:-alerts}

kcat -b "$bootstrap" -G "$group" -q -u -X isolation.level=read_committed -X auto.offset.reset=earliest \
    -f '%s\n' "$topic" |
    jq --unbuffered -r '[.alert_id, .severity, .state, .title.en, .customer_id, .reason.en] | @tsv' |
    awk -F '\t' '!seen[$1]++ { print $2, $3, $4, $5 ": " $6; fflush() }'
