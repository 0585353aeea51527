#!/usr/bin/env bash
# Stages a file for promotion: uploads it, then its checksum, which says that it is whole.
#
#   scripts/stage-artifact.sh core 2025 rpm el9-x86_64 dist/acme-1.0-1.el9.x86_64.rpm
#
# STAGING_URL says where to: a folder, or s3://bucket?endpoint=http://host:port
# (default s3://staging?endpoint=http://127.0.0.1:9000). For S3, the credentials are
# STAGING_ACCESS_KEY and STAGING_SECRET_KEY, or RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY.
#
# Needs GNU coreutils, and for S3 curl 7.87 or newer (from then on its signature covers an upload's
# own hash). Credentials are in no argument of a process. Safe to run again. Ends with 0 only when
# both are there.
set -euo pipefail

usage='usage: stage-artifact.sh COMPONENT SERIES FORMAT TARGET FILE'
largest=$((5 * 1024 * 1024 * 1024)) # bytes: what one S3 request can upload

fail() {
  echo "stage-artifact: $*" >&2
  exit 1
}

matches() { LC_ALL=C grep --quiet --extended-regexp "$2" <<<"$1"; }

# The same rules as src/staging/staging-path.ts: what the server would refuse is not uploaded.
check_destination() { # COMPONENT SERIES FORMAT TARGET
  local all="$1$2$3$4"
  [ "${all//$'\n'/}" = "$all" ] || fail 'the destination holds a line break'
  matches "$1" '^[a-z0-9][a-z0-9-]{0,62}$' || fail "\"$1\" is not a component's name"
  [ "$1" != promoted ] || fail '"promoted" is where promoted files go, and no component'
  matches "$2" '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' || fail "\"$2\" is not a series"
  matches "$3" '^(rpm|deb|oci)$' || fail "\"$3\" is not a format: it is one of rpm, deb, oci"
  matches "$4" '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' || fail "\"$4\" is not a target"
}

check_name() { # NAME
  case $1 in
    .*) fail "$1: its name begins with a dot" ;;
    *\\*) fail "$1: its name holds a backslash" ;;
    *.sha256) fail "$1: its name ends in .sha256; name the file itself, the checksum is made" ;;
  esac
  [ "$(printf %s "$1" | wc --bytes)" -le 248 ] || fail "$1: its name is longer than 248 bytes"
  printf %s "$1" | iconv --from-code UTF-8 --to-code UTF-8 >/dev/null 2>&1 ||
    fail 'its name is not UTF-8'
  local LC_ALL=C
  case $1 in # C0 and DEL; C1 (U+0080 to U+009F), line and paragraph separators and U+FFFD in UTF-8
    *[[:cntrl:]]* | *$'\xc2'[$'\x80'-$'\x9f']* | *$'\xe2\x80'[$'\xa8\xa9']* | *$'\xef\xbf\xbd'*)
      fail 'its name holds a control character'
      ;;
  esac
}

# --- a folder -----------------------------------------------------------------

put_in_folder() { # FILE PATH SHA256: under another name first, so that what is there is whole
  local target=$folder/$2
  mkdir -p "$folder/.incoming" "${target%/*}"
  part=$(mktemp "$folder/.incoming/XXXXXXXX")
  cp -- "$1" "$part"
  chmod 644 "$part"
  sync "$part"
  mv --no-target-directory -- "$part" "$target"
  sync "${target%/*}"
}

remove_from_folder() { # PATH
  rm -f -- "$folder/$1"
}

# --- S3 -----------------------------------------------------------------------

# Of a path, all but its slashes and what RFC 3986 calls unreserved, which is what the signature is over.
url_encode() {
  local LC_ALL=C text=$1 encoded='' character i
  for ((i = 0; i < ${#text}; i++)); do
    character=${text:i:1}
    case $character in
      [A-Za-z0-9._~/-]) encoded+=$character ;;
      *) printf -v character '%%%02X' "'$character" && encoded+=%${character: -2} ;;
    esac
  done
  printf %s "$encoded"
}

require_curl() {
  local found
  found=$(curl --version 2>/dev/null | sed --quiet '1s/^curl \([0-9.]*\).*/\1/p')
  printf '7.87\n%s\n' "$found" | sort --check=quiet --version-sort ||
    fail "S3 needs curl 7.87 or newer, and this is ${found:-none}"
}

# Of a quoted value in a curl configuration.
quote() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# What holds credentials comes on standard input, which no other process sees. With the body's own SHA-256
# in the signature, a server that checks it refuses bytes that changed on the way.
s3_request() { # PATH SHA256 CURL-CONFIGURATION-LINE
  local answer status
  answer=$(
    {
      printf 'user = %s\n' "$(quote "$access_key:$secret_key")"
      printf 'aws-sigv4 = "aws:amz:us-east-1:s3"\n'
      printf 'header = "x-amz-content-sha256: %s"\n' "$2"
      printf 'url = %s\n' "$(quote "$endpoint/$bucket/$(url_encode "$1")")"
      printf '%s\n' "$3"
    } | curl --disable --config - --globoff --silent --show-error --path-as-is \
      --connect-timeout 10 --speed-limit 1000 --speed-time 60 \
      --retry 4 --retry-connrefused --write-out '\n%{http_code}' 2>&1
  ) || fail "$endpoint (STAGING_URL) cannot be reached: $(first_line "$answer")"
  status=${answer##*$'\n'}
  case "$status $(error_code "$answer")" in
    200* | 204*) ;;
    401* | 403* | *' XAdminUserNotFound') # versitygw's word for an unknown access key
      fail "$endpoint refuses the credentials ($(error_code "$answer")): check STAGING_ACCESS_KEY and STAGING_SECRET_KEY, or RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY"
      ;;
    404*) fail "$endpoint has no bucket \"$bucket\" (STAGING_URL): Packyard makes it when it starts" ;;
    *) fail "$endpoint answered $status ($(error_code "$answer")) to $1" ;;
  esac
}

put_in_s3() { # FILE PATH SHA256
  s3_request "$2" "$3" "upload-file = $(quote "$1")
header = \"Content-Type: application/octet-stream\""
}

remove_from_s3() { # PATH
  s3_request "$1" "$nothing_digest" 'request = "DELETE"'
}

first_line() { head --lines 1 <<<"$1"; }

error_code() {
  local code
  code=$(sed --quiet 's/.*<Code>\([A-Za-z]*\)<\/Code>.*/\1/p' <<<"$1" | head --lines 1)
  printf %s "${code:-no reason given}"
}

# --- what is asked for --------------------------------------------------------

[ $# -eq 5 ] || fail "$usage"
component=$1 series=$2 format=$3 target=$4 file=$5
name=${file##*/}
case $file in /*) ;; *) file=./$file ;; esac # so that no name is an option, or curl's standard input

check_destination "$component" "$series" "$format" "$target"
[ -f "$file" ] || fail "$file is not a file"
check_name "$name"
size=$(stat --dereference --format %s -- "$file")
[ "$size" -le "$largest" ] || fail "$name is larger than 5 GiB"

url=${STAGING_URL-s3://staging?endpoint=http://127.0.0.1:9000}
case $url in
  s3://*\?endpoint=http://* | s3://*\?endpoint=https://*)
    require_curl
    bucket=${url#s3://} bucket=${bucket%%\?*} bucket=${bucket%/}
    endpoint=${url#*\?endpoint=} endpoint=${endpoint%/}
    matches "$bucket" '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' || fail "STAGING_URL: \"$bucket\" is not a bucket"
    matches "$endpoint" '^https?://[^]@?#/&[:space:]]+$' ||
      matches "$endpoint" '^https?://\[[0-9a-fA-F:.]+\](:[0-9]+)?$' ||
      fail 'STAGING_URL: the endpoint must be http://host:port'
    access_key=${STAGING_ACCESS_KEY:-${RUSTFS_ACCESS_KEY:-}}
    secret_key=${STAGING_SECRET_KEY:-${RUSTFS_SECRET_KEY:-}}
    if [ -z "$access_key" ] || [ -z "$secret_key" ]; then
      fail 'set STAGING_ACCESS_KEY and STAGING_SECRET_KEY, or RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY'
    fi
    # curl parts the two at the first colon.
    matches "$access_key" '^[!-9;-~]+$' || fail 'the access key holds a colon, white space or a line break'
    matches "$secret_key" '^[!-~]+$' || fail 'the secret key holds white space or a line break'
    store=s3
    ;;
  *://* | '') fail 'STAGING_URL: write a folder, or s3://bucket?endpoint=http://host:port' ;;
  *)
    folder=$url
    [ -d "$folder" ] || fail "$folder (STAGING_URL) is not a folder"
    store=folder
    ;;
esac

checksum=$(mktemp)
part=$checksum
trap 'rm -f "$checksum" "$part"' EXIT
trap 'exit 1' INT TERM HUP

digest_of() { # of standard input: sha256sum writes a line of another form for some names
  local line
  line=$(sha256sum)
  printf %s "${line%% *}"
}
nothing_digest=$(digest_of </dev/null)
digest=$(digest_of <"$file")
printf '%s  %s\n' "$digest" "$name" >"$checksum"

# A checksum of an earlier file of this name goes first: the file is whole when its own is there.
path=$component/$series/$format/$target/$name
"remove_from_$store" "$path.sha256"
"put_in_$store" "$file" "$path" "$digest"
"put_in_$store" "$checksum" "$path.sha256" "$(digest_of <"$checksum")"
echo "staged $path ($size bytes, sha256 $digest)"
