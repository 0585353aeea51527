#!/usr/bin/env bash
# Takes promtool, which checks and tests the alert rules, out of Debian's package of Prometheus, and prints the
# folder that it is in:
#
#   PATH="$(scripts/ci/get-promtool.sh):$PATH" npm run lint:alerts
#
# The package itself is not installed: it would bring a server that starts with the machine. Kept in
# PACKYARD_TOOL_CACHE (default ~/.cache/packyard-tools).
set -euo pipefail

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
folder=$cache/promtool
if [ ! -x "$folder/promtool" ]; then
  mkdir -p "$folder"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work" # apt fetches as a user of its own
  apt-get update --quiet >&2
  (cd "$work" && apt-get download --quiet prometheus >&2 && dpkg-deb --extract prometheus_*.deb root)
  mv "$work/root/usr/bin/promtool" "$folder/promtool"
fi
echo "$folder"
