#!/usr/bin/env bash
# Runs a command while the admin API and staging of the server are on this machine's loopback:
#
#   scripts/with-tunnel.sh bin/packyard staging
#
# HOST is the server, SSH_PRIVATE_KEY the key of its user "deploy", and SSH_KNOWN_HOST what
# `ssh-keyscan` says of it: no other host key is accepted, and none is learnt. SSH_USER and SSH_PORT
# are others where they are set; TUNNEL_FORWARDS are pairs of a port here and one there
# (default "8088:8088 9000:9000").
#
# Needs OpenSSH, and memory for files at /dev/shm: the key lies there for the moment of connecting. The
# command sees neither of the two SSH secrets. Ends with the command's exit code, or 3 without a tunnel.
set -euo pipefail

fail() {
  echo "with-tunnel: $*" >&2
  exit 3
}

[ $# -gt 0 ] || fail 'usage: with-tunnel.sh COMMAND [ARGUMENT…]'
for name in HOST SSH_PRIVATE_KEY SSH_KNOWN_HOST; do
  [ -n "${!name:-}" ] || fail "$name is not set"
done
command -v ssh >/dev/null || fail 'there is no ssh here: install openssh-client'
case $HOST in -* | *[!A-Za-z0-9.:-]*) fail 'HOST is not a host name or an address' ;; esac

umask 077
folder=$(mktemp --directory /dev/shm/packyard-tunnel-$$-XXXXXXXX)
ssh_options=(
  -F /dev/null -S "$folder/control" -p "${SSH_PORT:-22}"
  -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o ConnectTimeout=20
  -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$folder/known_hosts" -o GlobalKnownHostsFile=/dev/null
  -o ExitOnForwardFailure=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o LogLevel=ERROR
)
server=${SSH_USER:-deploy}@$HOST

# shellcheck disable=SC2317 # the trap calls it
close() {
  if [ -S "$folder/control" ]; then
    ssh "${ssh_options[@]}" -O exit "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap close EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A secret's last line feed is easily lost when it is pasted, and ssh wants one.
printf '%s\n' "$SSH_PRIVATE_KEY" >"$folder/key"
printf '%s\n' "$SSH_KNOWN_HOST" >"$folder/known_hosts"
unset SSH_PRIVATE_KEY SSH_KNOWN_HOST

forwards=()
for pair in ${TUNNEL_FORWARDS:-8088:8088 9000:9000}; do
  forwards+=(-L "127.0.0.1:${pair%:*}:127.0.0.1:${pair#*:}")
done
# With -f it goes to the background once it is connected and the ports here are open.
ssh "${ssh_options[@]}" -i "$folder/key" -M -f -N "${forwards[@]}" "$server" </dev/null >/dev/null ||
  fail "no tunnel to the server: see that HOST, SSH_PRIVATE_KEY and SSH_KNOWN_HOST belong together"
rm -f "$folder/key"

status=0
"$@" || status=$?
exit "$status"
