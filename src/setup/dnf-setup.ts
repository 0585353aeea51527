import type { ClientSetup, SetupFile, SignedSetupOrder } from './key-setup.js';
import { type RpmComponent, rpmKey, rpmKeyFile, rpmScript, targetOf } from './rpm-script.js';

/**
 * `username=` and `password=` rather than in `baseurl=`, which dnf prints in its errors. The metadata's
 * signature is checked too (dnf.conf(5), `repo_gpgcheck`): it alone says that no package was held back.
 */
export function dnfSetup(
  order: SignedSetupOrder,
  components: readonly RpmComponent[],
): ClientSetup {
  return {
    client: 'dnf',
    title: 'dnf (Enterprise Linux, CentOS Stream, Fedora)',
    explanation:
      'Paste it into a root shell; it asks for the key. It finds out which target the system needs, ' +
      'asks the server whether the key is good, fetches the signing key and compares its checksum, and then ' +
      'writes one repository file a component, readable by root alone. At the first install dnf asks ' +
      'whether to trust the signing key: compare the fingerprint.',
    text: rpmScript(order, components, {
      prepare: '\nfolder /etc/yum.repos.d',
      write: `
  put 0600 "/etc/yum.repos.d/$name.repo" "${dnfRepository(order, {
    name: '$name',
    title: '$component',
    path: '$repository',
    password: '$key',
  })}"`,
      done: 'Done. dnf install finds the packages now.',
    }),
    files: [rpmKey(order), ...components.map((component) => fileOf(order, component))],
  };
}

function fileOf(order: SignedSetupOrder, component: RpmComponent): SetupFile {
  const name = `${order.site.slug}-${component.name}`;
  const { target, remark } = targetOf(component);
  const content = dnfRepository(order, {
    name,
    title: component.name,
    path: `${component.name}/${component.series}/${target}`,
    password: order.secret,
  });
  return {
    path: `/etc/yum.repos.d/${name}.repo`,
    mode: '0600',
    content: `${remark}${content}\n`,
  };
}

export function dnfRepository(
  order: SignedSetupOrder,
  { name, title, path, password }: Record<'name' | 'title' | 'path' | 'password', string>,
): string {
  return `[${name}]
name=${title} (${order.site.host})
baseurl=${order.site.url}/rpm/${path}/
username=subscriber
password=${password}
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file://${rpmKeyFile(order)}`;
}
