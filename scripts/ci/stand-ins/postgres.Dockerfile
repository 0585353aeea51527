FROM packyard-stand-in/servers
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/18/docker LANG=C.UTF-8
RUN groupmod --gid 999 postgres && usermod --uid 999 --gid 999 postgres \
  && chown 999:999 /var/lib/postgresql /var/run/postgresql && chmod 3777 /var/run/postgresql
COPY start.sh /usr/local/bin/docker-entrypoint.sh
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
