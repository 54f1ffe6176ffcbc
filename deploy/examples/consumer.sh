#!/bin/sh
# Shows warnings as they come: committed ones only, each id once. Needs kcat and jq (Debian's packages).
#   sh consumer.sh localhost:9092 [GROUP] [TOPIC]
# kcat commits by itself, also what is still in the pipe: good to look at alerts, not to act on them (see consumer.py).
set -eu
bootstrap=${1:?host:port of a broker}
group=${2:-churnwatch-reader-example}
topic=${3:-alerts}

# ten seconds, so that after Ctrl-C the next start does not wait long for the partitions of the one before;
# jq remembers the ids: awk would keep lines back until it has some thousand bytes of them
kcat -b "$bootstrap" -G "$group" -q -u -X isolation.level=read_committed -X auto.offset.reset=earliest \
    -X session.timeout.ms=10000 -f '%s\n' "$topic" |
    jq --unbuffered --null-input --raw-output 'foreach inputs as $alert ({};
        .fresh = (.seen[$alert.alert_id] | not) | .seen[$alert.alert_id] = true;
        if .fresh then $alert | "\(.severity) \(.state) \(.title.en) \(.customer_id): \(.reason.en)" else empty end)'
