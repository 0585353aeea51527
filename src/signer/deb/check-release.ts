import { MalformedMetadata, parsing } from '../../promotion/deb/malformed-metadata.js';
import { differingField } from '../../promotion/deb/plain-fields.js';
import {
  type FetchFile,
  type PackageList,
  readDistribution,
} from '../../promotion/deb/read-distribution.js';
import { parseReleaseFile, type ReleaseFile } from '../../promotion/deb/release-file.js';
import { firstNames } from '../../promotion/deb/release-names.js';
import { SigningRefused } from '../signing-refused.js';
import type { ExpectedPackages } from './expected-packages.js';
import type { SignedDistribution } from './signed-distribution.js';

/** What the signer is asked to sign, and what it knows itself. */
export interface ReleaseRequest {
  /** The `Release` that is to be signed: these very bytes, and no others, may be. */
  readonly release: Buffer;
  /** Answers the other files of the new snapshot; they are checked. */
  readonly fetchFile: FetchFile;
  /** Of the target on the signer's command line. */
  readonly component: string;
  readonly series: string;
  readonly distribution: string;
  /** Those that the signer's own catalogue has for the component. */
  readonly architectures: readonly string[];
  /** What is signed and live now; absent for the first release of the distribution. */
  readonly base?: SignedDistribution;
  readonly expected: ExpectedPackages;
  readonly now: Date;
}

/** What clocks of two machines may differ by, in milliseconds. */
const CLOCK_TOLERANCE = 5 * 60_000;

/**
 * Checks that a `Release` is one, of this distribution, no older than its base and not of the future, and that its
 * indexes list exactly the packages expected, each described as the base or the signer's own file has it.
 *
 * @throws SigningRefused, saying what is wrong; what `fetchFile` throws
 */
export async function checkRelease(request: ReleaseRequest): Promise<void> {
  const { release: content, distribution, fetchFile } = request;
  try {
    const release = parsing('Release', () => parseReleaseFile(content));
    checkNames(release, request);
    checkDate(release, request);
    checkArchitectures(release, request);
    comparePackages(await readDistribution(distribution, release, fetchFile), request.expected);
  } catch (error) {
    if (!(error instanceof MalformedMetadata)) throw error;
    throw new SigningRefused(`The metadata of ${distribution} is not signed: ${error.message}.`);
  }
}

function checkNames(release: ReleaseFile, request: ReleaseRequest): void {
  const { component, series, distribution, base } = request;
  const { origin, label } = base?.release ?? firstNames(component, series);
  const expected = { origin, label, suite: distribution, codename: distribution };
  for (const name of Object.keys(expected) as (keyof typeof expected)[]) {
    if (release[name] === expected[name]) continue;
    throw new MalformedMetadata(
      `Release: its ${name} is "${release[name]}" and not "${expected[name]}"`,
    );
  }
}

function checkDate({ date }: ReleaseFile, { base, now }: ReleaseRequest): void {
  if (base && date < base.release.date) {
    throw new MalformedMetadata(
      `Release: its date is ${date.toISOString()}, and the base is of ${base.release.date.toISOString()}`,
    );
  }
  if (date.getTime() > now.getTime() + CLOCK_TOLERANCE) {
    throw new MalformedMetadata(
      `Release: its date is ${date.toISOString()}, and it is ${now.toISOString()} now`,
    );
  }
}

/** One more would do no harm, and one less is a machine that finds nothing: both are for the catalogue to say. */
function checkArchitectures(release: ReleaseFile, request: ReleaseRequest): void {
  const before = request.base?.release.architectures ?? [];
  const ofPackages = [...request.expected.values()].map(({ architecture }) => architecture);
  const known = new Set([...request.architectures, ...before, ...ofPackages]);
  known.delete('all');
  const unknown = release.architectures.find((each) => !known.has(each));
  if (unknown) throw new MalformedMetadata(`Release: it has the architecture ${unknown}`);
  const lacking = before.find((each) => !release.architectures.includes(each));
  if (lacking) throw new MalformedMetadata(`Release: it lacks the architecture ${lacking}`);
}

function comparePackages(listed: PackageList, expected: ExpectedPackages): void {
  for (const key of listed.keys()) {
    if (!expected.has(key))
      throw new MalformedMetadata(`it lists ${key}, which nobody vouches for`);
  }
  for (const [key, { fields }] of expected) {
    const described = listed.get(key);
    if (!described) throw new MalformedMetadata(`it does not list ${key}`);
    const field = differingField(described.fields, fields);
    if (field) throw new MalformedMetadata(`it lists ${key} with another ${field}`);
  }
}
