#!/usr/bin/env bash
# Installs what `npm run test:stack` needs besides Go and Node, on Debian 12, as root: a container engine,
# what makes images and packages for it, and what `npm run bench:stack` asks with. The tier starts that
# engine itself (scripts/ci/start-docker.sh). Safe to run again.
set -euo pipefail
"$(dirname "$0")/install-client-tools.sh"
exec "$(dirname "$0")/install-missing.sh" 'stack tools' docker.io iproute2 iptables openssl jq wrk
