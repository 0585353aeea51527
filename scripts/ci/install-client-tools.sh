#!/usr/bin/env bash
# Installs what `npm run test:clients` and `npm run test:promotion` need, on Debian 12, as root:
# the real package clients, the tools that make repositories for them, and nginx.
# Safe to run again; with everything there it asks no mirror and takes a moment.
set -euo pipefail

"$(dirname "$0")/install-aptly.sh" # newer than that of Debian 12

packages=(
  # the clients
  apt dnf zypper skopeo podman docker.io containerd curl wget ca-certificates
  # what makes and signs the sample repositories
  rpm createrepo-c dpkg apt-utils gnupg
  # the way of a workflow to the server
  openssh-client openssh-server
  # backups, and what they are of
  postgresql age rsync
  # what loads RPM metadata as dnf and zypper do
  libsolv-tools
  # the file server of the production stack
  nginx
  # the machines that subscribers paste into (make-debian-root.sh), and what checks the text
  debootstrap util-linux shellcheck
)

had_nginx=$(command -v nginx || true)
"$(dirname "$0")/install-missing.sh" 'client tools' "${packages[@]}"

# Nor does nginx start with the machine from now on.
if [ -z "$had_nginx" ] && command -v systemctl >/dev/null; then
  systemctl disable nginx.service >/dev/null 2>&1 || true
fi
