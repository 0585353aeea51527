import type { ClientSetup, SetupFile, SignedSetupOrder } from './key-setup.js';
import { type RpmComponent, rpmKey, rpmKeyFile, rpmScript, targetOf } from './rpm-script.js';

/** The key is in `/etc/zypp/credentials.d`, which the repository's URL names (zypper(8), "credentials"). */
export function zypperSetup(
  order: SignedSetupOrder,
  components: readonly RpmComponent[],
): ClientSetup {
  return {
    client: 'zypper',
    title: 'zypper (SUSE Linux Enterprise, openSUSE)',
    explanation:
      'Paste it into a root shell; it asks for the key. It does what the text for dnf does, and tells ' +
      'rpm to trust the signing key, whose checksum it has compared. The key of the subscription is in ' +
      '/etc/zypp/credentials.d, readable by root alone.',
    text: rpmScript(order, components, {
      write: `
  put 0600 "/etc/zypp/credentials.d/$name" "${zypperCredentials('$key')}"
  put 0644 "/etc/zypp/repos.d/$name.repo" "${zypperRepository(order, {
    name: '$name',
    title: '$component',
    path: '$repository',
  })}"`,
      prepare: `
folder /etc/zypp/credentials.d
folder /etc/zypp/repos.d
rpm --import ${rpmKeyFile(order)}`,
      done: 'Done. zypper install finds the packages now.',
    }),
    files: [rpmKey(order), ...components.flatMap((component) => filesOf(order, component))],
  };
}

function filesOf(order: SignedSetupOrder, component: RpmComponent): SetupFile[] {
  const name = `${order.site.slug}-${component.name}`;
  const { target, remark } = targetOf(component);
  const path = `${component.name}/${component.series}/${target}`;
  return [
    {
      path: `/etc/zypp/credentials.d/${name}`,
      mode: '0600',
      content: `${zypperCredentials(order.secret)}\n`,
    },
    {
      path: `/etc/zypp/repos.d/${name}.repo`,
      mode: '0644',
      content: `${remark}${zypperRepository(order, { name, title: component.name, path })}\n`,
    },
  ];
}

export function zypperCredentials(password: string): string {
  return `username=subscriber\npassword=${password}`;
}

export function zypperRepository(
  order: SignedSetupOrder,
  { name, title, path }: Record<'name' | 'title' | 'path', string>,
): string {
  return `[${name}]
name=${title} (${order.site.host})
baseurl=${order.site.url}/rpm/${path}/?credentials=${name}
type=rpm-md
enabled=1
autorefresh=1
gpgcheck=1
repo_gpgcheck=1
pkg_gpgcheck=1
gpgkey=file://${rpmKeyFile(order)}`;
}
