#!/bin/sh
# Reads as anyone, writes as the users of Zot's own file of passwords, on Zot's port and in Zot's folder. As Zot,
# it looks at whoever says who they are, and on /v2/ invites everybody to do so.
set -e
configuration=$2
value() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$configuration" | head -n 1; }
cat >/tmp/registry.yml <<YAML
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage:
  filesystem: { rootdirectory: $(value rootDirectory) }
  delete: { enabled: true }
http: { addr: '127.0.0.1:5001', relativeurls: true }
YAML
cat >/tmp/nginx.conf <<NGINX
daemon off;
pid /tmp/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_max_body_size 0;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  map \$http_authorization \$realm {
    default zot;
    "" off;
  }
  server {
    listen $(value port);
    auth_basic \$realm;
    auth_basic_user_file $(value path);
    location / {
      limit_except GET {
        auth_basic zot;
      }
      proxy_pass http://127.0.0.1:5001;
      proxy_set_header Host \$http_host;
      proxy_set_header Authorization "";
      proxy_request_buffering off;
      proxy_http_version 1.1;
      proxy_read_timeout 300s;
    }
    location = /v2/ {
      add_header WWW-Authenticate 'Basic realm="zot"';
      proxy_pass http://127.0.0.1:5001;
      proxy_set_header Authorization "";
    }
  }
}
NGINX
OTEL_TRACES_EXPORTER=none registry serve /tmp/registry.yml &
exec nginx -e stderr -c /tmp/nginx.conf
