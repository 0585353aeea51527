#!/usr/bin/env bash
# Fetches what a subscriber fetches, from outside: for a monitor on another host, each minute.
#
#   PACKYARD_CANARY_KEY=pky_… scripts/canary.sh https://pkg.example.org /rpm/core/2025/el9-x86_64/repodata/repomd.xml
#
# /gpg/lts.asc needs no key and is there while every subscriber gets 503; this is not. The key is one of
# its own, in no argument. Where nothing is published yet a 404 counts: it was let through. With https the
# certificate must be good for 30 days more. The last line begins with OK or FAIL; the exit code is 0 or 1.
set -euo pipefail

fail() {
  echo "FAIL: $*"
  exit 1
}

[ $# -eq 2 ] || fail 'usage: canary.sh BASE-URL PATH'
base=${1%/} path=$2
[[ ${PACKYARD_CANARY_KEY:-} =~ ^[A-Za-z0-9_]+$ ]] || fail 'PACKYARD_CANARY_KEY is not set to a key'

status_of() { # CURL-CONFIGURATION-LINE
  printf '%s\n' "$1" | curl --disable --config - --silent --output /dev/null --max-time 20 \
    --write-out '%{http_code}' "$base$path" || true
}

with=$(status_of "user = \"subscriber:$PACKYARD_CANARY_KEY\"")
case $with in
  200 | 404) ;;
  000) fail "$base does not answer, or with a certificate that is not good" ;;
  401) fail "the canary key gets 401: was it revoked, did it expire, is it for this component?" ;;
  *) fail "the canary key gets $with: so does every subscriber" ;;
esac
without=$(status_of '')
[ "$without" = 401 ] || fail "without a key $path is $without, and it must be 401"

if [[ $base = https://* ]]; then
  host=${base#https://}
  [[ $host = *:* ]] || host=$host:443
  openssl s_client -connect "$host" -servername "${host%:*}" </dev/null 2>/dev/null |
    openssl x509 -noout -checkend $((30 * 86400)) >/dev/null || fail 'the certificate ends within 30 days'
fi
echo "OK: $path is $with with the key and $without without"
