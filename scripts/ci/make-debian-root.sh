#!/usr/bin/env bash
# Makes a Debian 12 root with the package and container clients in it, for tests that paste into a
# root shell and so need an /etc of their own, and prints where it is. As root:
#
#   root=$(scripts/ci/make-debian-root.sh)
#
# It is made once, into a folder of PACKYARD_TOOL_CACHE (default ~/.cache/packyard-tools) named after
# what is in it; from then on it is just found. Tests lay an overlay over it and never write to it.
# May be killed at any moment and run more than once at the same time.
set -euo pipefail

packages=(
  # the package clients, and what upgrades by itself
  dnf zypper unattended-upgrades curl ca-certificates
  # the container clients; docker of Debian 12 logs in through its daemon
  docker.io podman skopeo kubernetes-client
  # what a subscriber drives them with
  ansible-core python3 procps strace zsh
)
# That of this machine's own sources, unless another one is named.
# shellcheck disable=SC2016 # apt expands it
own_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort --unique | head --lines=1
}
mirror=${PACKYARD_DEBIAN_MIRROR:-$(own_mirror)}

fail() {
  echo "make-debian-root: $*" >&2
  exit 1
}

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
content=$(printf '%s\n' bookworm "${packages[@]}" | sha256sum)
folder=$cache/debian-root-${content:0:12}

if [ ! -d "$folder" ]; then
  [ "$(id -u)" -eq 0 ] || fail 'run this script as root: debootstrap changes the root folder'
  command -v debootstrap >/dev/null || fail 'install the Debian package debootstrap'
  # Inherited by what runs in here: should this script be killed, it lasts until that has ended too.
  exec 9>"$folder.lock"
  flock 9
  if [ ! -d "$folder" ]; then
    echo 'make-debian-root: making a Debian 12 root, which takes some minutes' >&2
    rm -rf "$folder.part"
    [ -n "$mirror" ] || fail 'apt has no list of Debian 12: run apt-get update, or set PACKYARD_DEBIAN_MIRROR'
    debootstrap --variant=minbase bookworm "$folder.part" "$mirror" >&2
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
