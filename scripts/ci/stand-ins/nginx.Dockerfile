FROM packyard-stand-in/servers
ENTRYPOINT ["/usr/sbin/nginx", "-g", "daemon off;"]
