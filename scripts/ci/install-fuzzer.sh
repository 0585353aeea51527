#!/usr/bin/env bash
# Installs the fuzzer of `npm run test:fuzz` (schemathesis, from PyPI), and prints where it is. It is installed
# once, into a folder of its own in PACKYARD_TOOL_CACHE (default ~/.cache/packyard-tools); from then on it is
# just found. Needs Python 3.10 or newer with venv: Debian's python3-venv, which this installs when it is root.
# May be killed at any moment and run more than once at the same time.
set -euo pipefail

requirements=$(cd "$(dirname "$0")" && pwd)/fuzzer-requirements.txt
version=$(sed -n 's/^schemathesis==\([0-9.]*\).*/\1/p' "$requirements")

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" -ne 0 ]; then
    echo 'install-fuzzer: there is no Python 3 with venv here: as root, apt-get install python3-venv' >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update --quiet >&2
  apt-get install --quiet --yes --no-install-recommends python3-venv >&2
fi

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
folder=$(cd "$cache" && pwd)/schemathesis-$version

exec 9>"$folder.lock"
flock 9
# A venv cannot be moved, so it says itself when it is whole, and from what.
if ! cmp --silent "$requirements" "$folder/installed.txt"; then
  echo "install-fuzzer: installing schemathesis $version" >&2
  rm -rf "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --requirement "$requirements" >&2
  cp "$requirements" "$folder/installed.txt"
fi
echo "$folder/bin"
