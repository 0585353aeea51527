import { stringify } from 'yaml';
import { aptSources, type DebComponent } from './apt-setup.js';
import { dnfRepository } from './dnf-setup.js';
import type { ClientSetup, SetupComponent, SignedSetupOrder } from './key-setup.js';
import { askForKey, paste, PREAMBLE } from './root-shell.js';
import { type RpmComponent, rpmKeyFile } from './rpm-script.js';
import { zypperCredentials, zypperRepository } from './zypper-setup.js';

/** A task or a block of tasks, as YAML has it. */
type Task = Readonly<Record<string, unknown>>;

/**
 * Tasks for dnf, apt and zypper with modules of ansible-core alone, from 2.12 on. They hold no key: that
 * is in a variable, which belongs in a vault.
 */
export function ansibleSetup(
  order: SignedSetupOrder,
  components: readonly SetupComponent[],
): ClientSetup {
  const variable = keyVariable(order);
  const rpm = components.filter((each): each is RpmComponent => each.rpm !== undefined);
  const deb = components.filter((each): each is DebComponent => each.deb !== undefined);
  const tasks = [
    ...(rpm.length > 0 ? [dnfBlock(order, rpm), zypperBlock(order, rpm)] : []),
    ...(deb.length > 0 ? [aptBlock(order, deb)] : []),
  ];
  return {
    client: 'ansible',
    title: 'Ansible',
    explanation:
      'The text asks for the key and for the vault password, and prints the encrypted variable: put that into ' +
      'group_vars. The file goes beside your playbook, which needs facts and root: ' +
      `include_tasks: ${order.site.slug}.yml. It does what the texts for dnf, zypper and apt do, and prints ` +
      'no key.',
    // Not its own --prompt, which some versions take only together with a text on the command line.
    text: paste(
      PREAMBLE,
      askForKey(order.site.host),
      `printf "%s" "$key" | ansible-vault encrypt_string --stdin-name ${variable}`,
    ),
    files: [
      {
        path: `${order.site.slug}.yml`,
        mode: '0644',
        content: `# Packages are signed by: ${order.signingKey.fingerprints.join(' ')}\n${stringify(tasks, { lineWidth: 0, aliasDuplicateObjects: false })}`,
      },
    ],
  };
}

/** A variable may not begin with a digit, and an address does. */
function keyVariable({ site }: SignedSetupOrder): string {
  return `subscriber_key_${site.slug.replaceAll('-', '_')}`;
}

/** Of the targets that this system takes, best first, the first that the component has. */
const TARGET = "{{ wanted | select('in', item.targets) | first }}";

function dnfBlock(order: SignedSetupOrder, components: readonly RpmComponent[]): Task {
  const repository = dnfRepository(order, {
    ...itemOf(order),
    path: `{{ item.name }}/{{ item.series }}/${TARGET}`,
    password: `{{ ${keyVariable(order)} }}`,
  });
  return {
    name: 'Set up dnf',
    when: "ansible_facts.pkg_mgr in ['dnf', 'dnf5', 'yum']",
    vars: { wanted: WANTED_TARGETS, components: components.map(itemOfRpm) },
    block: [
      ...signedRpms(order),
      folder('/etc/yum.repos.d'),
      ...secretFile({
        name: 'The repository',
        dest: `/etc/yum.repos.d/${itemOf(order).name}.repo`,
        content: `${repository}\n`,
      }),
    ],
  };
}

function zypperBlock(order: SignedSetupOrder, components: readonly RpmComponent[]): Task {
  const { name, title } = itemOf(order);
  const path = `{{ item.name }}/{{ item.series }}/${TARGET}`;
  return {
    name: 'Set up zypper',
    when: "ansible_facts.pkg_mgr == 'zypper'",
    vars: { wanted: WANTED_TARGETS, components: components.map(itemOfRpm) },
    block: [
      ...signedRpms(order),
      task('Trust the signing key', 'rpm_key', { key: rpmKeyFile(order) }),
      folder('/etc/zypp/credentials.d'),
      folder('/etc/zypp/repos.d'),
      ...secretFile({
        name: 'The key of the subscription',
        dest: `/etc/zypp/credentials.d/${name}`,
        content: `${zypperCredentials(`{{ ${keyVariable(order)} }}`)}\n`,
      }),
      {
        ...task('The repository', 'copy', {
          dest: `/etc/zypp/repos.d/${name}.repo`,
          mode: '0644',
          content: `${zypperRepository(order, { name, title, path })}\n`,
        }),
        ...FOR_EACH,
      },
    ],
  };
}

function aptBlock(order: SignedSetupOrder, components: readonly DebComponent[]): Task {
  const { name } = itemOf(order);
  const files = aptSources(order);
  return {
    name: 'Set up apt',
    when: "ansible_facts.pkg_mgr == 'apt'",
    vars: {
      wanted: ['{{ ansible_facts.distribution_release }} {{ architecture.stdout }}'],
      components: components.map(itemOfDeb),
    },
    block: [
      {
        ...task('Which architecture is this', 'command', {
          argv: ['dpkg', '--print-architecture'],
        }),
        register: 'architecture',
        changed_when: false,
        check_mode: false,
      },
      SOMETHING_FITS,
      folder('/etc/apt/keyrings'),
      signingKey(order, files.keyring),
      ...secretFile({
        name: 'The key of the subscription',
        dest: `/etc/apt/auth.conf.d/${name}.conf`,
        content: `${files.credentials({ component: '{{ item.name }}', secret: `{{ ${keyVariable(order)} }}` })}\n`,
      }),
      {
        ...task('The source', 'copy', {
          dest: `/etc/apt/sources.list.d/${name}.sources`,
          mode: '0644',
          content: `${files.source({
            component: '{{ item.name }}',
            series: '{{ item.series }}',
            suite: '{{ ansible_facts.distribution_release }}',
            architecture: '{{ architecture.stdout }}',
          })}\n`,
        }),
        ...FOR_EACH,
      },
      task('Let unattended-upgrades install from there', 'copy', {
        dest: files.upgradesFile,
        mode: '0644',
        content: `${files.upgrades}\n`,
      }),
    ],
  };
}

/** What stands in a loop for a component's names. */
const itemOf = ({ site }: SignedSetupOrder) => ({
  name: `${site.slug}-{{ item.name }}`,
  title: '{{ item.name }}',
});

const itemOfRpm = ({ name, series, rpm }: RpmComponent) => ({
  name,
  series,
  targets: [...rpm.targets],
});

/** A distribution for apt is one with an architecture. */
const itemOfDeb = ({ name, series, deb }: DebComponent) => ({
  name,
  series,
  targets: deb.distributions.flatMap((suite) =>
    deb.architectures.map((architecture) => `${suite} ${architecture}`),
  ),
});

/** Those components of the key that have packages for this system. */
const FOR_EACH = {
  loop: '{{ components }}',
  when: "wanted | select('in', item.targets) | list | length > 0",
};

/** As the texts work it out from os-release(5), whose names Ansible has replaced by its own. */
const WANTED_TARGETS = [
  "{{ {'RedHat': 'rhel', 'OracleLinux': 'ol', 'Amazon': 'amzn'}.get(ansible_facts.distribution, ansible_facts.distribution | lower | replace(' ', '-')) }}",
  'el',
].map(
  (distribution) =>
    `${distribution}{{ ansible_facts.distribution_major_version }}-{{ ansible_facts.architecture }}`,
);

function signedRpms(order: SignedSetupOrder): Task[] {
  return [SOMETHING_FITS, folder('/etc/pki/rpm-gpg'), signingKey(order, rpmKeyFile(order))];
}

const SOMETHING_FITS = task('There are packages for this system', 'assert', {
  that: "wanted | select('in', components | map(attribute='targets') | flatten) | list | length > 0",
  fail_msg:
    "There are no packages for this system, which would be one of: {{ wanted | join(', ') }}. " +
    "There are: {{ components | map(attribute='targets') | flatten | unique | join(', ') }}.",
  quiet: true,
});

function signingKey({ signingKey: { url, sha256 } }: SignedSetupOrder, dest: string): Task {
  return task('The key that packages are signed by', 'get_url', {
    url,
    dest,
    checksum: `sha256:${sha256}`,
    mode: '0644',
  });
}

function folder(path: string): Task {
  return task(`The folder ${path}`, 'file', { path, state: 'directory' });
}

/** First without content: a file that `copy` makes anew is readable by others until its mode is set. */
function secretFile({ name, dest, content }: Record<'name' | 'dest' | 'content', string>): Task[] {
  return [
    {
      ...task(`${name}, closed to others`, 'file', {
        path: dest,
        state: 'touch',
        mode: '0600',
        access_time: 'preserve',
        modification_time: 'preserve',
      }),
      ...FOR_EACH,
    },
    { ...task(name, 'copy', { dest, mode: '0600', content }), ...FOR_EACH, no_log: true },
  ];
}

function task(name: string, module: string, options: Task): Task {
  return { name, [`ansible.builtin.${module}`]: options };
}
