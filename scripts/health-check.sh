#!/usr/bin/env bash
# Whether the stack on this machine is whole. Run in the checkout, as the user who runs `docker compose`:
#
#   bash scripts/health-check.sh
#
# One line a check, `OK:` or `FAIL:` with what was seen. It changes nothing and needs no key. It ends with
# `All services healthy`, or with how many checks failed and exit code 1.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

failed=0
ok() { echo "OK: $*"; }
fail() {
  echo "FAIL: $*"
  failed=$((failed + 1))
}

[ -r .env ] || { echo 'FAIL: .env cannot be read here (.env.example shows its four lines)'; exit 1; }
domain=$(sed -n 's/^PKG_DOMAIN=//p' .env | tail -n 1)
domain=${domain//[\"\']/}
site=https://$domain

# A subscriber's way in, from this machine: by the name, the certificate checked, at this machine's port.
curl_site() { curl --silent --show-error --max-time 15 --resolve "$domain:443:127.0.0.1" "$@"; }
status_of() { curl_site --output /dev/null --write-out '%{http_code}' "$@" 2>/dev/null; }

services=$(docker compose config --services </dev/null) || { echo 'FAIL: docker compose cannot be used here'; exit 1; }
# What Docker knows of each container, asked for once: a line each, its fields separated by |.
# shellcheck disable=SC2016 # it is Go's template
containers=$(docker compose ps --all --quiet --no-trunc </dev/null | xargs --no-run-if-empty docker inspect --format \
  '{{index .Config.Labels "com.docker.compose.service"}}|{{.Name}}|{{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{end}}|{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}|{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}|{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}')
field() { grep "^$1|" <<<"$containers" | head -n 1 | cut -d '|' -f "$2"; } # SERVICE NUMBER
name_of() { field "$1" 2 | tr -d /; }

expect() { # WHAT WANTED SEEN
  if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: expected $2, and it is ${3:-no answer}"; fi
}

# --- The containers ---
for service in $services; do
  state=$(field "$service" 3)
  case "$service: $state" in
    *': ') fail "container $service: there is none; run docker compose up -d" ;;
    'first-start: exited 0 ') ok 'container first-start has done its work' ;;
    *': running 0 healthy') ok "container $service is healthy" ;;
    *': running 0 ') ok "container $service is running" ;;
    *) fail "container $service is ${state% }; see docker compose logs $service" ;;
  esac
done

# --- What subscribers reach ---
for key in lts.asc:'BEGIN PGP PUBLIC KEY BLOCK' cosign.pub:'BEGIN PUBLIC KEY'; do
  name=${key%%:*}
  text=$(curl_site --fail "$site/gpg/$name" 2>&1)
  if [[ $text == *"${key#*:}"* ]]; then
    ok "public key /gpg/$name is served over TLS"
  else
    fail "public key /gpg/$name: ${text:0:200}"
  fi
done
expect 'RPM is routed, and refused without a key' 401 "$(status_of "$site/rpm/health-check/")"
expect 'DEB is routed, and refused without a key' 401 "$(status_of "$site/deb/health-check/")"
expect 'OCI is routed, and refused without a key' 401 "$(status_of "$site/v2/")"

# --- Auth, as Traefik sees it ---
metrics=$(curl --silent --max-time 10 http://127.0.0.1:9090/metrics)
for auth in auth-1 auth-2; do
  up=$(sed -n "s#^traefik_service_server_up{service=\"auth@file\",url=\"http://$auth:8080\"} ##p" <<<"$metrics")
  expect "Traefik reaches $auth, and it can decide" 1 "$up"
  decisions=$(curl --silent --max-time 10 "http://127.0.0.1:9090/$auth/metrics" | grep -c '^packyard_auth_requests_total')
  if [ "$decisions" -gt 0 ]; then ok "metrics of $auth"; else fail "metrics of $auth: none at http://127.0.0.1:9090/$auth/metrics"; fi
done

# --- The admin API is on this machine's loopback, and nowhere else ---
expect 'the admin API answers on loopback' 200 \
  "$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:8088/api/v1/keys)"
expect 'the admin API is not on the public name' 401 "$(status_of "$site/api/v1/keys")"
for port in admin:8088 rustfs:9000 traefik:9090; do
  service=${port%%:*}
  expect "port ${port#*:} of $service is on loopback alone" "127.0.0.1:${port#*:}" \
    "$(field "$service" 6 | tr ' ' '\n' | grep ":${port#*:}$" | xargs)"
done

# --- The networks ---
# Seen from an auth process, which faces subscribers: what it does not need it does not reach, by any address.
# shellcheck disable=SC2016 # it is JavaScript
reached=$(
  for other in postgres:5432 rustfs:9000 zot:5000 rpm:8080 admin:8088; do
    echo "$other $(field "${other%%:*}" 5)"
  done | docker exec -i "$(name_of auth-1)" node -e '
    const connects = (host, port) => new Promise((resolve) => {
      const socket = require("node:net").connect({ host, port, timeout: 2000 });
      const end = (open) => () => (socket.destroy(), resolve(open));
      socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
    });
    const asked = require("node:fs").readFileSync(0, "utf8").trim().split("\n").map(async (line) => {
      const [name, ...hosts] = line.trim().split(" ");
      const open = await Promise.all(hosts.map((host) => connects(host, name.split(":")[1])));
      return `${name} ${hosts.length === 0 ? "has no address" : open.includes(true) ? "yes" : "no"}`;
    });
    Promise.all(asked).then((lines) => console.log(lines.join("\n")));
  ' 2>/dev/null
)
reaches() { sed -n "s/^$1 //p" <<<"$reached"; }
expect 'auth-1 reaches PostgreSQL' yes "$(reaches postgres:5432)"
for closed in rustfs:9000 zot:5000 rpm:8080 admin:8088; do
  expect "auth-1 does not reach $closed" no "$(reaches "$closed")"
done
project=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$(name_of first-start)" 2>/dev/null)
for expected in 'postgres database' 'backup database off-host' 'rpm files' 'deb files' 'static files' 'zot registry' 'rustfs staging staging-port'; do
  service=${expected%% *}
  expect "$service is on no network but its own" "${expected#* }" \
    "$(field "$service" 4 | tr ' ' '\n' | sed "s/^${project}_//" | sort | xargs)"
done

# --- What holds data ---
expect 'RustFS is healthy' 200 \
  "$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9000/health)"
expect 'admin reads the staging bucket' 200 \
  "$(curl --silent --max-time 15 --output /dev/null --write-out '%{http_code}' 'http://127.0.0.1:8088/api/v1/staging?limit=1')"
# shellcheck disable=SC2016 # it is JavaScript
ask_zot() { # METHOD PATH, answers the status; Zot's image holds no shell to ask from
  docker exec "$(name_of admin)" node -e '
    fetch(`http://zot:5000${process.argv[2]}`, { method: process.argv[1] })
      .then(({ status }) => console.log(status), () => console.log("no answer"));
  ' "$1" "$2" 2>/dev/null
}
expect 'Zot lets anyone read' 404 "$(ask_zot GET /v2/oci/health-check/manifests/none)"
expect 'Zot lets nobody write without the password' 401 "$(ask_zot POST /v2/oci/health-check/blobs/uploads/)"

if [ "$failed" -eq 0 ]; then
  echo 'All services healthy'
else
  echo "$failed checks failed"
  exit 1
fi
