#!/usr/bin/env bash
# Installs what `npm run test:clients` and `npm run test:promotion` need, on Debian 12, as root:
# the real package clients, the tools that make repositories for them, and nginx.
# Safe to run again; with everything there it asks no mirror and takes a moment.
set -euo pipefail

"$(dirname "$0")/install-aptly.sh" # newer than that of Debian 12

packages=(
  # the clients
  apt dnf zypper skopeo curl wget ca-certificates
  # what makes and signs the sample repositories
  rpm createrepo-c dpkg apt-utils gnupg
  # what loads RPM metadata as dnf and zypper do
  libsolv-tools
  # the file server of the production stack
  nginx
  # the machines that subscribers paste into (make-debian-root.sh), and what checks the text
  debootstrap util-linux shellcheck
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo 'client tools: all installed'
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "client tools: missing ${missing[*]}; run this script as root" >&2
  exit 1
fi

# The tests run nginx themselves, with a configuration of their own. Until this
# script ends, packages may not start services (exit code 101: not permitted).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${missing[@]}"

# Nor does nginx start with the machine from now on.
if [[ " ${missing[*]} " == *' nginx '* ]] && command -v systemctl >/dev/null; then
  systemctl disable nginx.service >/dev/null 2>&1 || true
fi

echo "client tools: installed ${missing[*]}"
