#!/usr/bin/env bash
# Makes a Debian 12 root with the package and container clients in it, for tests that paste into a
# root shell and so need an /etc of their own, and prints where it is. As root:
#
#   root=$(scripts/ci/make-debian-root.sh)
set -euo pipefail

packages=(
  # the package clients, and what upgrades by itself
  dnf zypper unattended-upgrades curl ca-certificates
  # the container clients; docker of Debian 12 logs in through its daemon
  docker.io podman skopeo kubernetes-client
  # what a subscriber drives them with
  ansible-core python3 procps strace zsh
)
exec "$(dirname "$0")/make-root.sh" debian-root bookworm "${packages[@]}"
