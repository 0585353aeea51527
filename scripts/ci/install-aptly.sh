#!/usr/bin/env bash
# Installs aptly 1.6 as root on Debian 12, whose own 1.5 has no `-multi-dist`. It is the package of
# Debian 13, which runs on Debian 12 as it is: from the mirror that this machine has in its
# sources, verified by apt with Debian's keys. The machine's sources and pins stay as they are.
# Safe to run again; with aptly there it asks no mirror and takes a moment.
set -euo pipefail

oldest=1.6.1
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

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
[ -e "$keyring" ] || fail "$keyring is missing: install debian-archive-keyring"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/download"
chmod -R a+rX "$root"

# apt with a list, a cache and a source of its own; proxies and the like stay the machine's.
private=(
  -o "Dir::Etc::SourceList=$root/sources.list"
  -o Dir::Etc::SourceParts=/dev/null
  -o Dir::Etc::Preferences=/dev/null
  -o Dir::Etc::PreferencesParts=/dev/null
  -o "Dir::State::Lists=$root/lists"
  -o "Dir::Cache=$root/cache"
  -o APT::Sandbox::User=root
)

# Of all archives that the machine's sources name, the one that has Debian 13 by Debian's own keys.
found=
# shellcheck disable=SC2016 # apt expands it
for mirror in $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort --unique); do
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$root/sources.list"
  if apt-get "${private[@]}" --quiet --error-on=any update >&2; then
    found=$mirror
    break
  fi
done
[ -n "$found" ] || fail "no source of this machine has $suite: is this Debian?"
(cd "$root/download" && apt-get "${private[@]}" --quiet download "aptly=$oldest*")

# What aptly itself needs is of this machine's own Debian.
export DEBIAN_FRONTEND=noninteractive
install=(apt-get --quiet --yes --no-install-recommends install "$root"/download/aptly_*.deb)
"${install[@]}" || { apt-get --quiet update && "${install[@]}"; }
echo "aptly: installed $(dpkg-query --show --showformat='${Version}' aptly)"
