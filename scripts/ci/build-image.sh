#!/usr/bin/env bash
# Builds the container image of this checkout, with provenance (SLSA) and an SBOM (SPDX) attached, and
# pushes it. Prints the image with its digest, to be written into the compose file.
#
#   scripts/ci/build-image.sh ghcr.io/example/packyard v0.1.0
#
# Needs docker with buildx, logged in to the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -eq 2 ] || {
  echo 'usage: build-image.sh IMAGE TAG' >&2
  exit 2
}
image=${1,,} # a registry has no upper case
metadata=$(mktemp)
trap 'rm -f "$metadata"' EXIT

# Docker's own builder cannot attach them.
docker buildx create --driver docker-container --use >&2
docker buildx build --file deploy/Dockerfile --tag "$image:$2" \
  --provenance mode=max --sbom true --push --metadata-file "$metadata" . >&2
digest=$(sed --quiet 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$metadata")
[ -n "$digest" ] || {
  echo 'build-image: docker named no digest' >&2
  exit 1
}
echo "$image:$2@$digest"
