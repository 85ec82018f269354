# shellcheck shell=bash
# common.sh: what the examples share: a daemon on a socket of its own, namespaces that are removed at
# the end, and showing a command before running it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${TAPSWITCH_BIN:-$here/build/release/bin}
export PATH=$bin:$PATH
command -v tapswitchd >/dev/null || {
  echo "tapswitchd is not in $bin: build it first (see README.md), or set TAPSWITCH_BIN" >&2
  exit 1
}

scratch=$(mktemp -d)
export TAPSWITCH_SOCKET=$scratch/control.sock
namespaces=()
daemon=

finish() {
  [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; } || true
  for name in "${namespaces[@]}"; do ip netns del "$name"; done
  rm -rf "$scratch"
}
trap finish EXIT

# start_switch [OPTION...]: a daemon that answers.
start_switch() {
  tapswitchd --log-level warning "$@" &
  daemon=$!
  for _ in {1..100}; do
    tapctl info >/dev/null 2>&1 && return
    sleep 0.05
  done
  echo "tapswitchd did not start" >&2
  exit 1
}

# add_namespaces NAME...: namespaces whose names begin with this process, so that none is in the way.
add_namespaces() {
  for name in "$@"; do
    ip netns add "$name"
    namespaces+=("$name")
    ip netns exec "$name" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
  done
}

show() {
  echo "\$ $*"
  "$@"
}

# can_reach FROM ADDRESS: says whether a ping is answered.
can_reach() {
  if ip netns exec "$1" ping -c 1 -W 1 "$2" >/dev/null; then
    echo "$1 reaches $2"
  else
    echo "$1 does not reach $2"
  fi
}
