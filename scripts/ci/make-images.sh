#!/usr/bin/env bash
# Makes, ahead of `npm run test:stack`, what that waits for minutes for where nothing is there yet: the stand-ins of
# the images that production names, and the layers of Packyard's own. As root, with an engine of start-docker.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

settings=$(scripts/ci/start-docker.sh)
eval "$settings"
scripts/ci/make-stand-ins.sh
export DOCKER_BUILDKIT=0 # Debian's engine has no other builder
docker build --quiet --file deploy/Dockerfile . >/dev/null
docker build --quiet deploy/backup >/dev/null
