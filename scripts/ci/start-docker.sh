#!/usr/bin/env bash
# Starts a container engine for the tests, as root, and prints the environment to use it with:
#
#   eval "$(scripts/ci/start-docker.sh)"
#
# It has a socket, a folder and a bridge of its own, so that a machine's own engine is left alone; `docker compose`
# is the plugin that build-servers.sh gets. Started once, it is just found. PACKYARD_DOCKER_PID is the
# process to end; images stay in PACKYARD_TOOL_CACHE (default ~/.cache/packyard-tools).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "start-docker: $*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'run this script as root: a container engine makes networks and mounts'
command -v dockerd >/dev/null || fail 'install the Debian package docker.io (scripts/ci/install-stack-tools.sh)'

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
run=/run/packyard-docker
export DOCKER_HOST=unix://$run/docker.sock
export DOCKER_CONFIG=$run/config

compose=$("$here/build-servers.sh" docker-compose)
mkdir -p "$DOCKER_CONFIG/cli-plugins"
ln -sf "$compose/docker-compose" "$DOCKER_CONFIG/cli-plugins/docker-compose"

if ! docker info >/dev/null 2>&1; then
  echo 'start-docker: starting a container engine' >&2
  # Any other engine that starts without a bridge removes docker0.
  bridge=packyard0
  ip link show dev "$bridge" >/dev/null 2>&1 || ip link add name "$bridge" type bridge
  ip address replace 10.213.87.1/24 dev "$bridge"
  ip link set dev "$bridge" up
  setsid dockerd --host "$DOCKER_HOST" --bridge "$bridge" --data-root "$cache/docker" \
    --exec-root "$run/exec" --pidfile "$run/docker.pid" >"$run/log" 2>&1 </dev/null &
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && break
    sleep 0.5
  done
  docker info >/dev/null 2>&1 || fail "the engine did not start: $(tail -n 20 "$run/log")"
fi
printf 'export %s=%q\n' DOCKER_HOST "$DOCKER_HOST" DOCKER_CONFIG "$DOCKER_CONFIG" \
  PACKYARD_DOCKER_PID "$(cat "$run/docker.pid")"
