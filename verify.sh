#!/usr/bin/env bash
# Verifies a deployment as a subscriber meets it.
#
# On the VM, in the checkout, with keys of its own that it revokes again:
#
#   bash verify.sh
#
# From anywhere, with a subscriber's key and neither the admin API nor Docker:
#
#   bash verify.sh --base-url https://pkg.example.org --test-key KEY --test-component core \
#     [--wrong-component NAME] [--oci-repository NAME]
#
# The key may be in PACKYARD_TEST_KEY instead. Where nothing is published yet, the 404 of what lies behind
# counts as let through. Ends with `=== Results: N passed, M failed ===`; a failure exits 1.
set -uo pipefail

usage() {
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}

base_url=
key=${PACKYARD_TEST_KEY:-}
component=
wrong_component=
oci_repository=
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --base-url) base_url=${2%/} ;;
    --test-key) key=$2 ;;
    --test-component) component=$2 ;;
    --wrong-component) wrong_component=$2 ;;
    --oci-repository) oci_repository=$2 ;;
    *) usage ;;
  esac
  shift 2
done

passed=0
failed=0
pass() {
  echo "PASS: $*"
  passed=$((passed + 1))
}
fail() {
  echo "FAIL: $*"
  failed=$((failed + 1))
}
finish() {
  echo "=== Results: $passed passed, $failed failed ==="
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

folder=$(mktemp -d)
admin=http://127.0.0.1:8088/api/v1
key_id=
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
  [ -z "$key_id" ] || curl --silent --max-time 10 --output /dev/null --request DELETE "$admin/keys/$key_id"
  rm -rf "$folder"
}
trap clean_up EXIT

resolve=()
# One request; its status, headers and body are in `status`, $folder/headers and $folder/body. The key goes by
# standard input, so that it is in no process's arguments.
ask() { # KEY-OR-NOTHING PATH [curl's options…]
  local with=$1 path=$2
  shift 2
  : >"$folder/headers"
  : >"$folder/body"
  status=$({ [ -z "$with" ] || printf 'user = "subscriber:%s"\n' "$with"; } |
    curl --config - --silent --max-time 30 --path-as-is ${resolve[@]+"${resolve[@]}"} \
      --dump-header "$folder/headers" --output "$folder/body" --write-out '%{http_code}' "$@" "$base_url$path") ||
    status="no answer (curl: $?)"
}
expect() { # WHAT WANTED…: the status of the last request is one of these
  local what=$1 wanted
  shift
  for wanted in "$@"; do
    if [ "$status" = "$wanted" ]; then
      pass "$what ($status)"
      return
    fi
  done
  fail "$what: expected $*, and it is $status"
}
expect_header() { # WHAT PATTERN
  if grep -Eiq "$2" "$folder/headers"; then pass "$1"; else fail "$1: no header like $2"; fi
}
expect_body() { # WHAT TEXT
  if grep -Fq "$2" "$folder/body"; then pass "$1"; else fail "$1: the body lacks $2"; fi
}

# --- Local: what remote mode is told, found out here ---
local_mode=
if [ -z "$base_url" ]; then
  local_mode=yes
  cd "$(dirname "$0")" || exit 1
  domain=$(sed -n 's/^PKG_DOMAIN=//p' .env 2>/dev/null | tail -n 1)
  domain=${domain//[\"\']/}
  [ -n "$domain" ] || { echo 'There is no .env with PKG_DOMAIN here: run this in the checkout on the VM, or give --base-url.' >&2; exit 2; }
  base_url=https://$domain
  resolve=(--resolve "$domain:443:127.0.0.1")
  private=$(curl --silent --max-time 10 "$admin/components" |
    grep -Eo '"name":"[a-z0-9-]+","description":"([^"\\]|\\.)*","visibility":"private"' | cut -d '"' -f 4)
  component=${component:-$(head -n 1 <<<"$private")}
  [ -n "$component" ] || { echo "The admin API at $admin does not answer, or has no private component." >&2; exit 2; }
  wrong_component=${wrong_component:-$(grep -vx "$component" <<<"$private" | head -n 1)}
  oci_repository=${oci_repository:-$(curl --silent --max-time 10 "$admin/components" | sed 's/{"name":/\n&/g' |
    grep "^{\"name\":\"$component\"" | grep -Eo '"oci":\{[^}]*"repository":"[a-z0-9._/-]+"' | sed 's/.*"repository":"//; s/"$//')}
  made=$(curl --silent --max-time 10 --header 'Content-Type: application/json' \
    --data "{\"component\": \"$component\", \"label\": \"verify.sh\"}" "$admin/keys")
  key_id=$(sed -n 's/^{"id":"\([^"]*\)".*/\1/p' <<<"$made")
  key=$(sed -n 's/.*"key":"\([^"]*\)".*/\1/p' <<<"$made")
  if [ -n "$key" ]; then
    pass "a key for $component is made over the admin API"
  else
    fail "a key for $component is made over the admin API: $made"
    finish
  fi
fi
if [ -z "$key" ] || [ -z "$component" ]; then usage; fi
if [ -z "$wrong_component" ]; then
  wrong_component=minion
  [ "$component" != minion ] || wrong_component=core
fi
oci_repository=${oci_repository:-lts-$component}

repomd=/rpm/$component/2025/el9-x86_64/repodata/repomd.xml
release=/deb/$component/2025/dists/bookworm/InRelease
tags=/v2/oci/$oci_repository/tags/list
wrong_repomd=/rpm/$wrong_component/2025/el9-x86_64/repodata/repomd.xml
unknown_key=$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')

# --- Public keys, without a key ---
ask '' /gpg/lts.asc
expect 'the GPG key is public' 200
expect_header 'it is plain text' '^content-type: text/plain'
expect_body 'it is a public key' 'BEGIN PGP PUBLIC KEY BLOCK'
expect_header 'TLS is asked for from now on (HSTS)' '^strict-transport-security: max-age=[1-9]'
expect_header 'HTTP/2 is spoken' '^HTTP/2 200'
ask '' /gpg/cosign.pub
expect 'the cosign key is public' 200
expect_body 'it is a public key' 'BEGIN PUBLIC KEY'

# --- No key, or none that counts ---
for path in "$repomd" "$release" /v2/ /oci/v2/ "$tags" "/oci${tags/\/oci/}" /v2/_catalog /api/v1/keys /metrics /; do
  ask '' "$path"
  expect "no key is refused: $path" 401
  expect_header 'it is challenged with Basic' '^www-authenticate: basic realm="packyard"'
done
ask "$unknown_key" "$repomd"
expect 'an unknown key is refused' 401
ask "${key%?}" "$repomd"
expect 'a key with a letter missing is refused' 401
ask '' "$tags"
expect_body 'a refusal of the registry has its form' '{"errors":[{"code":"UNAUTHORIZED"'

# --- The key, in its scope: let through ---
for path in "$repomd" "$release" "$tags" "/oci${tags/\/oci/}"; do
  ask "$key" "$path"
  expect "the key is let through: $path" 200 404
done
for path in /v2/ /oci/v2/; do
  ask "$key" "$path"
  expect "the key logs in: $path" 200
done
ask "$key" "$repomd" --head
expect 'HEAD is let through as GET is' 200 404

# --- The key, out of its scope ---
for path in "$wrong_repomd" "/deb/$wrong_component/2025/dists/bookworm/InRelease" \
  "/v2/oci/lts-$wrong_component/tags/list" "/oci/v2/lts-$wrong_component/manifests/2025" /rpm/no-such-component/2025/x/y; do
  ask "$key" "$path"
  expect "out of scope is refused: $path" 401
done
ask "$key" "$wrong_repomd" --header "X-Packyard-Scope: /rpm/$wrong_component/" --header "X-Forwarded-Uri: $repomd" \
  --header 'X-Forwarded-Method: GET' --header "X_Forwarded_Uri: $repomd" --header "X_Packyard_Scope: /rpm/$wrong_component/"
expect 'headers of its own do not help' 401
for path in "/rpm/$component/../$wrong_component/2025/el9-x86_64/repodata/repomd.xml" \
  "/rpm/$component/%2e%2e/$wrong_component/2025/el9-x86_64/repodata/repomd.xml" \
  "/rpm/$component/..%2f$wrong_component/2025/el9-x86_64/repodata/repomd.xml" \
  "/rpm/$component/..%5c$wrong_component/repomd.xml" "/rpm/$component/2025/%00"; do
  ask "$key" "$path"
  expect "a way round is refused: $path" 400 401 403
done

# --- What is not served ---
for path in /v2/_catalog /api/v1/keys /metrics /auth /health/ready "/v2/$oci_repository/tags/list"; do
  ask "$key" "$path"
  expect "not served: $path" 403
done
ask "$key" "$repomd" --request DELETE
expect 'only reading is served' 405
expect_header 'it says what is' '^allow: GET, HEAD'
ask "$key" "/v2/oci/$oci_repository/blobs/uploads/" --request POST
expect 'nobody uploads' 405

# --- Local: a key that is revoked ---
if [ -n "$local_mode" ]; then
  status=$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' --request DELETE "$admin/keys/$key_id")
  expect 'the key is revoked over the admin API' 204
  ask "$key" "$repomd"
  expect 'a revoked key is refused' 401
fi
finish
