-- Run once, when the database is made (docker-entrypoint-initdb.d). Packyard's processes own their database and
-- nothing else; backups read everything and make databases of their own, to verify a dump by restoring it.
\set packyard_password `cat /secrets/packyard-password`
\set backup_password `cat /secrets/backup-password`
CREATE ROLE packyard LOGIN PASSWORD :'packyard_password';
ALTER DATABASE packyard OWNER TO packyard;
CREATE ROLE backup LOGIN CREATEDB PASSWORD :'backup_password' IN ROLE pg_read_all_data;
