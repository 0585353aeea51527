#!/usr/bin/env bash
# Makes what .env does not ask for: the passwords of PostgreSQL's roles and of the registry, and volumes that
# belong to those who write to them. Runs before everything else at each `docker compose up`; what is
# there stays as it is. Each password is in the volume of each that needs it, readable by that one alone.
set -euo pipefail
umask 077

packyard=10100
postgres=999
registry=10102
rustfs=10001
backup=0
traefik=10103

# Written under another name first: a start that was interrupted leaves no half of a file.
put() { # FILE OWNER, the content on standard input
  cat >"$1.part"
  chown "$2:$2" "$1.part"
  mv "$1.part" "$1"
}

random() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# bcrypt, which is all that Zot reads; the password is on standard input and in no process's arguments.
htpasswd_line() {
  perl -e 'my $salt = join "", map { (".", "/", "A".."Z", "a".."z", "0".."9")[ord] } split //, pack "C*", map { $_ % 64 } unpack "C22", `head -c 22 /dev/urandom`;
    substr($salt, 21, 1) = (".", "O", "e", "u")[rand 4];
    chomp(my $password = <STDIN>);
    my $hash = crypt($password, "\$2y\$10\$$salt");
    die "bcrypt is missing\n" unless $hash =~ /^\$2y\$/;
    print "packyard:$hash\n"'
}

cd /secrets
for role in superuser packyard backup; do
  [ -s "postgres/$role-password" ] || random | put "postgres/$role-password" "$postgres"
done
if [ ! -s admin/registry-password ] || [ ! -s registry/htpasswd ]; then
  password=$(random)
  htpasswd_line <<<"$password" | put registry/htpasswd "$registry"
  put admin/registry-password "$packyard" <<<"$password"
fi
put packyard/database-password "$packyard" <postgres/packyard-password
# A backup is made as one role, and restored as the other.
for role in backup packyard; do
  printf 'postgres:5432:*:%s:%s\n' "$role" "$(cat "postgres/$role-password")"
done | put backup/pgpass "$backup"

chmod 711 /secrets/*
chown "$postgres:$postgres" /volumes/postgres
chown "$registry:$registry" /volumes/registry
chown "$rustfs:$rustfs" /volumes/staging
chown "$traefik:$traefik" /volumes/certificates
chown "$packyard:$packyard" /volumes/packyard /volumes/published /volumes/key-journal
chmod 700 /volumes/certificates /volumes/key-journal
chmod 711 /volumes/backups # its status.json is for admin
chmod 755 /volumes/published
echo 'first start: passwords and volumes are ready'
