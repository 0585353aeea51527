FROM packyard-stand-in/servers
RUN groupadd --gid 10001 rustfs && useradd --uid 10001 --gid 10001 rustfs
COPY versitygw start.sh /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/start.sh"]
