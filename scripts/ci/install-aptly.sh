#!/usr/bin/env bash
# Installs aptly 1.6 as root on Debian 12, whose own 1.5 has no `-multi-dist`. It is the package of
# Debian 13 (download-from-trixie.sh), which runs on Debian 12 as it is.
# Safe to run again; with aptly there it asks no mirror and takes a moment.
set -euo pipefail

oldest=1.6.1

fail() {
  echo "install-aptly: $*" >&2
  exit 1
}

is_new_enough() { dpkg --compare-versions "$1" ge "$oldest"; }

installed=$(dpkg-query --show --showformat='${Version}' aptly 2>/dev/null || true)
if [ -n "$installed" ] && is_new_enough "$installed"; then
  echo "aptly: $installed is installed"
  exit 0
fi
[ "$(id -u)" -eq 0 ] || fail "aptly $oldest or newer is missing; run this script as root"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod a+rx "$folder" # apt reads the package as a user of its own
"$(dirname "$0")/download-from-trixie.sh" "$folder" "aptly=$oldest*"

# What aptly itself needs is of this machine's own Debian.
export DEBIAN_FRONTEND=noninteractive
install=(apt-get --quiet --yes --no-install-recommends install "$folder"/aptly_*.deb)
"${install[@]}" || { apt-get --quiet update && "${install[@]}"; }
echo "aptly: installed $(dpkg-query --show --showformat='${Version}' aptly)"
