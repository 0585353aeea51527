#!/usr/bin/env bash
# Downloads packages of Debian 13 (trixie) on Debian 12, into a folder that is there:
#
#   scripts/ci/download-from-trixie.sh FOLDER aptly=1.6.1* cosign
#
# They come from the mirror that this machine has in its sources, verified by apt with Debian's keys. The
# machine's sources, pins and lists stay as they are, and nothing is installed.
set -euo pipefail

suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
  echo "download-from-trixie: $*" >&2
  exit 1
}

[ $# -ge 2 ] || fail 'write a folder, and one or more packages'
[ -e "$keyring" ] || fail "$keyring is missing: install debian-archive-keyring"
folder=$(cd "$1" && pwd)
shift

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/lists/partial" "$root/cache/archives/partial"

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
# shellcheck disable=SC2016 # apt expands it
for mirror in $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort --unique); do
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$root/sources.list"
  if apt-get "${private[@]}" --quiet --error-on=any update >&2; then
    cd "$folder"
    apt-get "${private[@]}" --quiet download "$@" >&2
    exit
  fi
done
fail "no source of this machine has $suite: is this Debian?"
