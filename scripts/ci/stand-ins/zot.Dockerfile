FROM packyard-stand-in/servers
COPY registry start.sh /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/start.sh"]
CMD ["serve", "/etc/zot/config.json"]
