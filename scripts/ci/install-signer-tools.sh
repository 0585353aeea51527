#!/usr/bin/env bash
# Installs what a workflow needs to sign and to reach the server, on Debian 12, as root: the same
# versions of rpm and createrepo_c as the server has, or it refuses what they make.
#
#   scripts/ci/install-signer-tools.sh rpm
set -euo pipefail

tools=(openssh-client curl ca-certificates)
case ${1:-} in
  rpm) tools+=(gnupg rpm createrepo-c) ;;
  deb) tools+=(gnupg dpkg) ;;
  oci) ;;
  *)
    echo 'usage: install-signer-tools.sh rpm|deb|oci' >&2
    exit 2
    ;;
esac
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends "${tools[@]}"
