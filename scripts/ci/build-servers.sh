#!/usr/bin/env bash
# Makes what the tests need and Debian 12 has no package of, with Go or from a package of Debian 13, and prints
# where it is:
#
#   PATH="$(scripts/ci/build-servers.sh registry crane):$PATH"
#
# Each is made once, into a folder of its own in PACKYARD_TOOL_CACHE (default
# ~/.cache/packyard-tools) named after it and its version; from then on it is just found.
# May be killed at any moment and run more than once at the same time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# name, version, oldest Go that builds it (- for none), and the function below that makes it, with its arguments
tools=(
  'registry 3.1.2  1.26 go_install github.com/distribution/distribution/v3/cmd/registry'
  'crane    0.22.1 1.25 go_install github.com/google/go-containerregistry/cmd/crane'
  'versitygw 1.8.0 1.25 go_install github.com/versity/versitygw/cmd/versitygw'
  'cosign   2.5.0  -    from_trixie usr/bin/cosign'
  'actionlint 1.7.12 1.25 go_install github.com/rhysd/actionlint/cmd/actionlint'
  'pebble   2.10.1 1.25 go_install github.com/letsencrypt/pebble/v2/cmd/pebble github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv'
  'docker-compose 2.26.1 - from_trixie usr/libexec/docker/cli-plugins/docker-compose'
  'traefik  3.7.13 1.26 go_module traefik github.com/traefik/traefik/v3/cmd/traefik github.com/traefik/traefik/v3/pkg/version.Version'
)

# Such a function gets the version, the folder to fill, and its arguments.
go_install() {
  local version=$1 folder=$2 package
  for package in "${@:3}"; do
    CGO_ENABLED=0 GOBIN=$folder go install "$package@v$version"
  done
}

# For what Debian 13 has: takes FILE out of the package that is named like the tool. Minutes less than building it.
from_trixie() {
  local version=$1 folder=$2 file=$3 work
  work=$(mktemp -d)
  "$here/download-from-trixie.sh" "$work" "$(basename "$file")=$version*"
  dpkg-deb --fsys-tarfile "$work"/*.deb | tar --extract --directory "$work" "./$file"
  mv "$work/$file" "$folder/"
  rm -rf "$work"
}

# For what `go install` refuses: builds PACKAGE from a module of ours, scripts/ci/MODULE, that requires it.
go_module() {
  local version=$1 folder=$2 name module=$here/$3 package=$4 variable=$5
  name=$(basename "$folder")
  name=${name%-"$version".part}
  local work
  work=$(mktemp -d)
  cp -r "$module/." "$work"
  if [ -x "$module/prepare.sh" ]; then "$module/prepare.sh" "$work"; fi
  (cd "$work" && CGO_ENABLED=0 GOFLAGS=-mod=mod GOWORK=off go build \
    -ldflags "-s -w -X $variable=$version" -o "$folder/$name" "$package")
  rm -rf "$work"
}

fail() {
  echo "build-servers: $*" >&2
  exit 1
}

require_go() { # NAME VERSION OLDEST
  command -v go >/dev/null ||
    fail "$1 $2 is built with Go, and there is none here: install Go $3 or newer (https://go.dev/dl/)"
  local found
  found=$(go env GOVERSION)
  found=${found#go}
  printf '%s\n' "$3" "$found" | sort --check=quiet --version-sort ||
    fail "$1 $2 needs Go $3 or newer, and this is $found: install a newer one (https://go.dev/dl/);" \
      'golang of Debian 12 is 1.19'
}

# Fills the folder under another name first, so that what is in the cache is whole. The lock is
# inherited by what runs in here: should this script be killed, it lasts until that has ended too.
build() { # FOLDER NAME VERSION OLDEST FUNCTION ARGUMENT…
  local folder=$1 name=$2 version=$3 oldest=$4 function=$5
  [ "$oldest" = - ] || require_go "$name" "$version" "$oldest"
  exec 9>"$folder.lock"
  flock 9
  if [ ! -d "$folder" ]; then
    echo "build-servers: making $name $version" >&2
    rm -rf "$folder.part"
    mkdir "$folder.part"
    "$function" "$version" "$folder.part" "${@:6}" >&2
    mv -T "$folder.part" "$folder"
  fi
  exec 9>&-
}

known=()
for tool in "${tools[@]}"; do known+=("${tool%% *}"); done
[ $# -gt 0 ] || fail "name one or more of: ${known[*]}"

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

folders=()
for wanted in "$@"; do
  row=()
  for tool in "${tools[@]}"; do
    [ "${tool%% *}" != "$wanted" ] || read -ra row <<<"$tool"
  done
  [ ${#row[@]} -gt 0 ] || fail "$wanted is not one of: ${known[*]}"
  folder=$cache/${row[0]}-${row[1]}
  [ -d "$folder" ] || build "$folder" "${row[@]}"
  folders+=("$folder")
done
(IFS=: && echo "${folders[*]}")
