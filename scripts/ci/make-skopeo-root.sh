#!/usr/bin/env bash
# Makes a Debian 13 root with its skopeo (1.18), which verifies signatures of cosign where that of
# Debian 12 has them disabled, and prints where it is. As root:
#
#   chroot "$(scripts/ci/make-skopeo-root.sh)" skopeo --version
set -euo pipefail
exec "$(dirname "$0")/make-root.sh" skopeo-root trixie skopeo ca-certificates
