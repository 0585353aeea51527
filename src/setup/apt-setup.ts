import type { ClientSetup, SetupComponent, SetupFile, SignedSetupOrder } from './key-setup.js';
import {
  FOLDER,
  OS_RELEASE,
  PREAMBLE,
  PUT,
  REQUIRE_ROOT,
  askForKey,
  checkSigningKey,
  paste,
  quoted,
} from './root-shell.js';

export type DebComponent = SetupComponent & Required<Pick<SetupComponent, 'deb'>>;

/**
 * deb822 sources with `Signed-By` (sources.list(5)), the key in `auth.conf.d` where apt does not print
 * it (apt_auth.conf(5)), and an origin for unattended-upgrades. Everything is done with what apt itself
 * brings: a Debian without curl and wget is an ordinary one.
 */
export function aptSetup(
  order: SignedSetupOrder,
  components: readonly DebComponent[],
): ClientSetup {
  const apt = aptSources(order);
  return {
    client: 'apt',
    title: 'apt (Debian, Ubuntu)',
    explanation:
      'Paste it into a root shell; it asks for the key. It finds out which distribution the system is, ' +
      'asks the server whether the key is good, fetches the signing key and compares its checksum, and then ' +
      'writes a source for each component, with the key of the subscription apart from it in ' +
      '/etc/apt/auth.conf.d, readable by root alone. Where unattended-upgrades is in use it installs new ' +
      'versions from there too; remove the file in /etc/apt/apt.conf.d if you do not want that.',
    text: aptScript(order, components),
    files: [
      { path: apt.keyring, mode: '0644', content: order.signingKey.armored },
      ...components.flatMap((component) => filesOf(order, component)),
      { path: apt.upgradesFile, mode: '0644', content: `${apt.upgrades}\n` },
    ],
  };
}

function aptScript(order: SignedSetupOrder, components: readonly DebComponent[]): string {
  const { site, signingKey } = order;
  const apt = aptSources(order);
  const adds = components.map(
    ({ name, series, deb }) =>
      `add ${name} ${series} "${deb.distributions.join(' ')}" "${deb.architectures.join(' ')}"`,
  );
  const filledIn = {
    component: '$component',
    series: '$series',
    suite: '$suite',
    architecture: '$architecture',
  };
  return paste(
    PREAMBLE,
    REQUIRE_ROOT,
    OS_RELEASE,
    `
wanted=\${PACKYARD_SUITE:-$(os VERSION_CODENAME) $(os UBUNTU_CODENAME) $(os DEBIAN_CODENAME)}
architecture=$(dpkg --print-architecture)
found=
missing=
add() {
  for suite in $wanted; do
    case " $3 " in *" $suite "*)
      case " $4 " in *" $architecture "*)
        found="$found $1/$2/$suite"
        return ;;
      esac ;;
    esac
  done
  missing="$missing $1 ($3; $4)"
}
${adds.join('\n')}
[ -n "$found" ] ||
  stop "There are no packages for this system, which is: $wanted $architecture" \\
    "There are:$missing" \\
    "To take one of those all the same: export PACKYARD_SUITE=... and paste this again."
[ -z "$missing" ] || printf "%s\\n" "Left out, not for this system:$missing"
each() {
  component=\${1%%/*}
  suite=\${1##*/}
  series=\${1#*/}
  series=\${series%/*}
  name=${site.slug}-$component
}`,
    askForKey(site.host),
    PUT,
    FOLDER,
    `
fetch() {
  /usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Dir::Etc::netrcparts="$work/auth" \\
    download-file "$@" >"$work/said" 2>&1
}
mkdir "$work/auth"
for publication in $found; do
  each "$publication"
  put 0600 "$work/auth/key.conf" "${apt.credentials({ component: '$component', secret: '$key' })}"
  if fetch "${site.url}/deb/$component/$series/dists/$suite/InRelease" "$work/InRelease"; then continue; fi
  case $(cat "$work/said") in
    *" 401 "*) stop "The key is not accepted for $component." ;;
    *" 404 "*) printf "%s\\n" "Nothing is published yet for $component $series $suite." ;;
    *) stop "${site.host} cannot say whether the key is good:" "$(cat "$work/said")" ;;
  esac
done`,
    `
fetch "${signingKey.url}" "$work/key" ||
  stop "The signing key could not be fetched:" "$(cat "$work/said")"`,
    checkSigningKey(signingKey),
    `
folder /etc/apt/keyrings
install -m 0644 "$work/key" ${apt.keyring}
for publication in $found; do
  each "$publication"
  put 0600 "/etc/apt/auth.conf.d/$name.conf" "${apt.credentials({ component: '$component', secret: '$key' })}"
  put 0644 "/etc/apt/sources.list.d/$name.sources" "${apt.source(filledIn)}"
done
put 0644 ${apt.upgradesFile} ${quoted(apt.upgrades)}
printf "%s\\n" "Done. apt-get update, and apt-get install finds the packages."`,
  );
}

function filesOf(order: SignedSetupOrder, component: DebComponent): SetupFile[] {
  const apt = aptSources(order);
  const name = `${order.site.slug}-${component.name}`;
  const suite = onlyOr('<DISTRIBUTION>', component.deb.distributions);
  const architecture = onlyOr('<ARCHITECTURE>', component.deb.architectures);
  return [
    {
      path: `/etc/apt/auth.conf.d/${name}.conf`,
      mode: '0600',
      content: `${apt.credentials({ component: component.name, secret: order.secret })}\n`,
    },
    {
      path: `/etc/apt/sources.list.d/${name}.sources`,
      mode: '0644',
      content:
        suite.remark +
        architecture.remark +
        apt.source({
          component: component.name,
          series: component.series,
          suite: suite.value,
          architecture: architecture.value,
        }) +
        '\n',
    },
  ];
}

/** The value where there is just one, else a placeholder, and the line that says what to write for it. */
function onlyOr(placeholder: string, values: readonly string[]): { value: string; remark: string } {
  if (values.length === 1) return { value: values[0] as string, remark: '' };
  return { value: placeholder, remark: `# ${placeholder} is one of: ${values.join(' ')}\n` };
}

/** What apt needs, of which the script, the files and the Ansible tasks each fill in the blanks. */
export function aptSources({ site }: SignedSetupOrder) {
  const keyring = `/etc/apt/keyrings/${site.slug}.asc`;
  const machine = site.plainHttp ? site.url : site.url.replace(/^https:\/\//, '');
  return {
    keyring,
    upgradesFile: `/etc/apt/apt.conf.d/52${site.slug}`,

    /** One architecture: apt would fetch the lists of every one that stands here, foreign ones too. */
    source: (of: Record<'component' | 'series' | 'suite' | 'architecture', string>) =>
      `Types: deb
URIs: ${site.url}/deb/${of.component}/${of.series}/
Suites: ${of.suite}
Components: main
Architectures: ${of.architecture}
Signed-By: ${keyring}`,

    /** With the component's path, so that two keys of one host can live side by side. */
    credentials: (of: Record<'component' | 'secret', string>) =>
      `machine ${machine}/deb/${of.component}/ login subscriber password ${of.secret}`,

    /** By host and not by `Origin`, which the first release of a publication chooses. */
    upgrades: `Unattended-Upgrade::Origins-Pattern {
  "site=${site.hostname}";
};`,
  };
}
