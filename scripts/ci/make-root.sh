#!/usr/bin/env bash
# Makes a Debian root with some packages in it, and prints where it is. As root:
#
#   root=$(scripts/ci/make-root.sh skopeo-root trixie skopeo ca-certificates)
#
# It is made once, into a folder of PACKYARD_TOOL_CACHE (default ~/.cache/packyard-tools) named after
# what is in it; from then on it is just found. Tests lay an overlay over it or only read it.
# May be killed at any moment and run more than once at the same time.
set -euo pipefail

name=$1 suite=$2
packages=("${@:3}")

# That of this machine's own sources, unless another one is named.
# shellcheck disable=SC2016 # apt expands it
own_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort --unique | head --lines=1
}
mirror=${PACKYARD_DEBIAN_MIRROR:-$(own_mirror)}

fail() {
  echo "make-root: $*" >&2
  exit 1
}

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
content=$(printf '%s\n' "$suite" "${packages[@]}" | sha256sum)
folder=$cache/$name-${content:0:12}

if [ ! -d "$folder" ]; then
  [ "$(id -u)" -eq 0 ] || fail 'run this script as root: debootstrap changes the root folder'
  command -v debootstrap >/dev/null || fail 'install the Debian package debootstrap'
  # Inherited by what runs in here: should this script be killed, it lasts until that has ended too.
  exec 9>"$folder.lock"
  flock 9
  if [ ! -d "$folder" ]; then
    echo "make-root: making the $name with Debian $suite, which takes some minutes" >&2
    rm -rf "$folder.part"
    [ -n "$mirror" ] || fail 'apt has no list of Debian 12: run apt-get update, or set PACKYARD_DEBIAN_MIRROR'
    debootstrap --variant=minbase "$suite" "$folder.part" "$mirror" >&2
    printf '#!/bin/sh\nexit 101\n' >"$folder.part/usr/sbin/policy-rc.d" # no package starts a service
    chmod 755 "$folder.part/usr/sbin/policy-rc.d"
    DEBIAN_FRONTEND=noninteractive chroot "$folder.part" \
      apt-get install --quiet --yes --no-install-recommends "${packages[@]}" >&2
    chroot "$folder.part" apt-get clean
    mv -T "$folder.part" "$folder"
  fi
  exec 9>&-
fi
echo "$folder"
