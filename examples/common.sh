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
others=()   # processes that end with the example
endings=()  # what else is to be done then
daemon=
lab=

finish() {
  [[ -z $lab ]] || tapctl lab down "$lab" >/dev/null
  for process in "${others[@]}"; do { kill "$process" && wait "$process"; } 2>/dev/null || true; done
  for command in "${endings[@]}"; do eval "$command"; done
  [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon"; } || true
  for name in "${namespaces[@]}"; do ip netns del "$name"; done
  rm -rf "$scratch"
}
trap finish EXIT

# at_end COMMAND: has it done when the example ends, whatever happens.
at_end() { endings+=("$1"); }

# wait_for COMMAND...: until it succeeds.
wait_for() {
  for _ in {1..200}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.05
  done
  echo "in 10 seconds not: $*" >&2
  exit 1
}

# start_switch [OPTION...]: a daemon that answers.
start_switch() {
  tapswitchd --log-level warning "$@" &
  daemon=$!
  wait_for tapctl info
}

# start_lab FILE [OPTION...]: brings a lab up. It says what it does on stderr, and is gone at the end.
start_lab() {
  lab=$1
  tapctl lab up "$@" >&2
}

# in_node NODE COMMAND...: runs a command in a node of the lab.
in_node() {
  local node=$1
  shift
  tapctl lab exec "$node" --lab "$(basename "$lab" .json)" -- "$@"
}

# node_reaches NODE ADDRESS: says whether a ping from a node is answered.
node_reaches() {
  if in_node "$1" ping -c 1 -W 1 "$2" >/dev/null 2>&1; then
    echo "$1 reaches $2"
  else
    echo "$1 does not reach $2"
  fi
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
  if ip netns exec "$1" ping -c 1 -w "${patience:-1}" "$2" >/dev/null; then
    echo "$1 reaches $2"
  else
    echo "$1 does not reach $2"
  fi
}
