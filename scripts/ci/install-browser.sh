#!/usr/bin/env bash
# Installs what `npm run test:browser` needs, on Debian 12, as root: Chromium and a font. Safe to run again.
set -euo pipefail
exec "$(dirname "$0")/install-missing.sh" browser chromium fonts-dejavu-core
