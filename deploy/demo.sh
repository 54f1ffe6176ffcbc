#!/usr/bin/env bash
# The demo: sets up what it needs, starts a broker, a worker and the desk, feeds a simulated town, shows the warnings.
#
#   bash deploy/demo.sh                    on a terminal: until Ctrl-C; in a pipe: until the town's days are over
#   bash deploy/demo.sh --exit             ends when the input is done
#   bash deploy/demo.sh --open             opens the desk in a browser, signed in as one of the town's RMs
#   bash deploy/demo.sh --dashboard        with dashboards in a browser, by a Prometheus of its own
#   bash deploy/demo.sh --help             everything it can do
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/setup.sh
. deploy/setup.sh
case " $* " in *" --dashboard "*) setup_prometheus || exit 1 ;; esac
setup_project kafka || exit 1
cd "$OLDPWD" # paths on the command line are the caller's
exec "$VENV/bin/churnwatch" demo "$@"
