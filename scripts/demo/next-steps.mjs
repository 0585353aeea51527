/**
 * What a person tries now, in commands to paste.
 * @param image undefined where there is no registry
 */
export function whatToTry({ server, id, url, image }) {
  const { admin, gateway, staging } = server;
  return `
It is live. Try, in another terminal in this checkout:

  curl -O -u subscriber ${url}     # it asks for the key
  bin/packyard status --admin-url ${admin}
  bin/packyard releases --admin-url ${admin}
  bin/packyard keys revoke ${id} --admin-url ${admin}     # then the curl above is refused

Stage a package of your own (el9-x86_64, or core 2025 deb bookworm-amd64), and put it live:

  STAGING_URL=${staging} scripts/stage-artifact.sh core 2025 rpm el9-x86_64 FILE
  STAGING_URL=${staging} bin/packyard promote core 2025 rpm el9-x86_64 --admin-url ${admin}

Set up dnf or apt as a subscriber does, by the text that this prints (it asks for the key):

  bin/packyard keys setup ${id} dnf --admin-url ${admin}
  bin/packyard keys setup ${id} apt --admin-url ${admin}
${image ? imageText(image) : ''}
What they read from:

  dnf   baseurl=${gateway}/rpm/core/2025/el9-x86_64/
  apt   deb ${gateway}/deb/core/2025/ bookworm main
  both  ${gateway}/gpg/lts.asc

How everything is:  ${admin}/
The admin API:      ${admin}/docs

Ctrl-C ends it and removes all of it.`;
}

function imageText(image) {
  return `
Pull the image, here or with any other client; the password is the key:

  docker login --username subscriber ${image.slice(0, image.indexOf('/'))}
  docker pull ${image}
`;
}
