#!/usr/bin/env bash
# Installs what `npm run test:browser` needs, on Debian 12, as root: Chromium and a font.
# Safe to run again; with everything there it asks no mirror and takes a moment.
set -euo pipefail

packages=(chromium fonts-dejavu-core)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo 'browser: all installed'
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "browser: missing ${missing[*]}; run this script as root" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${missing[@]}"

echo "browser: installed ${missing[*]}"
