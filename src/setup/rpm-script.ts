import type { SetupComponent, SetupFile, SignedSetupOrder } from './key-setup.js';
import {
  FOLDER,
  OS_RELEASE,
  PREAMBLE,
  REQUIRE_ROOT,
  PUT,
  askForKey,
  checkSigningKey,
  paste,
} from './root-shell.js';

/** A component that has RPM packages. */
export type RpmComponent = SetupComponent & Required<Pick<SetupComponent, 'rpm'>>;

/** Where the key that packages are signed by is put, on a system of RPM packages. */
export const rpmKeyFile = ({ site }: SignedSetupOrder) =>
  `/etc/pki/rpm-gpg/RPM-GPG-KEY-${site.slug}`;

/** The signing key, as the text leaves it. */
export const rpmKey = (order: SignedSetupOrder): SetupFile => ({
  path: rpmKeyFile(order),
  mode: '0644',
  content: order.signingKey.armored,
});

/** Stands for the target in a file for an editor, where the component has several. */
export const TARGET_PLACEHOLDER = '<TARGET>';

/** The target where there is just one, else a placeholder, and the line that says what to write for it. */
export function targetOf({ rpm: { targets } }: RpmComponent): { target: string; remark: string } {
  if (targets.length === 1) return { target: targets[0] as string, remark: '' };
  const remark = `# ${TARGET_PLACEHOLDER} is one of: ${targets.join(' ')}\n`;
  return { target: TARGET_PLACEHOLDER, remark };
}

/**
 * The text for a client of RPM packages: which target this system needs, the key, is it accepted, the
 * signing key, and then the files.
 *
 * @param prepare shell that is run once before, when the signing key is in its place
 * @param write shell that is run for each repository, with `$name` (`pkg-example-org-core`), `$repository`
 *   (`core/2025/el9-x86_64`), `$component` and `$key`
 * @param done what it says in the end
 */
export function rpmScript(
  order: SignedSetupOrder,
  components: readonly RpmComponent[],
  { prepare = '', write, done }: { prepare?: string; write: string; done: string },
): string {
  const { site, signingKey } = order;
  const adds = components.map(
    ({ name, series, rpm }) => `add ${name} ${series} "${rpm.targets.join(' ')}"`,
  );
  return paste(
    PREAMBLE,
    REQUIRE_ROOT,
    OS_RELEASE,
    `
system=$(os VERSION_ID)
system=\${system%%.*}-$(uname -m)
wanted=\${PACKYARD_TARGET:-$(os ID)$system el$system}
found=
missing=
add() {
  for target in $wanted; do
    case " $3 " in *" $target "*)
      found="$found $1/$2/$target"
      return ;;
    esac
  done
  missing="$missing $1 ($3)"
}
${adds.join('\n')}
[ -n "$found" ] ||
  stop "There are no packages for this system, which would be one of: $wanted" \\
    "There are:$missing" \\
    "To take one of those all the same: export PACKYARD_TARGET=... and paste this again."
[ -z "$missing" ] || printf "%s\\n" "Left out, not for this system:$missing"`,
    askForKey(site.host),
    `
for repository in $found; do
  status=$(printf "user = \\"subscriber:%s\\"\\n" "$key" |
    curl --silent --head --globoff --config - --output /dev/null --write-out "%{http_code}" \\
      "${site.url}/rpm/$repository/repodata/repomd.xml") || true
  case $status in
    200) ;;
    401) stop "The key is not accepted for \${repository%%/*}." ;;
    404) printf "%s\\n" "Nothing is published yet in $repository." ;;
    000) stop "${site.host} cannot be reached." ;;
    *) stop "${site.host} cannot say whether the key is good (status $status)." ;;
  esac
done`,
    `
curl --silent --show-error --fail --globoff --output "$work/key" "${signingKey.url}" ||
  stop "The signing key could not be fetched from ${signingKey.url}."`,
    checkSigningKey(signingKey),
    PUT,
    FOLDER,
    `
folder /etc/pki/rpm-gpg
install -m 0644 "$work/key" ${rpmKeyFile(order)}${prepare.trimEnd()}
for repository in $found; do
  component=\${repository%%/*}
  name=${site.slug}-$component${write.trimEnd()}
done
printf "%s\\n" "${done}"`,
  );
}
