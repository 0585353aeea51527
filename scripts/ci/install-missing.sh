#!/usr/bin/env bash
# Installs those of these Debian packages that are missing, as root. No service of theirs is started:
# tests run their own, with a configuration of their own.
#
#   scripts/ci/install-missing.sh browser chromium fonts-dejavu-core
#
# The first word is what to call them. With everything there it asks no mirror and takes a moment.
set -euo pipefail

what=$1
shift
missing=()
for package in "$@"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "$what: all installed"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "$what: missing ${missing[*]}; run this script as root" >&2
  exit 1
fi

# Until this script ends, packages may not start services (exit code 101: not permitted).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
echo "$what: installed ${missing[*]}"
