FROM packyard-stand-in/servers
COPY traefik /usr/local/bin/traefik
COPY start.sh /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
CMD ["traefik"]
