import type { SignedBy } from './signing-key.js';
import type { SiteAddress } from './site-address.js';

export type Client = 'dnf' | 'apt' | 'zypper' | 'ansible' | 'docker' | 'podman' | 'kubernetes';

/** Everything that a subscriber needs to start: what to paste, and what that writes. */
export interface KeySetup {
  /** Absent where there is no readable one: then nothing could be verified, and `notes` says so. */
  readonly signingKey?: SignedBy;
  readonly clients: readonly ClientSetup[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

export interface ClientSetup {
  readonly client: Client;
  readonly title: string;
  /** What the text does and what it needs, for a person. */
  readonly explanation: string;
  /** For a shell. It never holds the key: it asks for it. */
  readonly text: string;
  /** What the text writes, for an editor or configuration management. These hold the key. */
  readonly files: readonly SetupFile[];
}

export interface SetupFile {
  /** Absolute, or from the home folder (`~/`), or a bare name where the place is the subscriber's to choose. */
  readonly path: string;
  /** In octal, four digits: `0600` where the file holds the key. */
  readonly mode: '0600' | '0644';
  readonly content: string;
}

/** One component of the key, in the one series that is set up. */
export interface SetupComponent {
  readonly name: string;
  readonly series: string;
  readonly rpm?: { readonly targets: readonly string[] };
  readonly deb?: {
    readonly distributions: readonly string[];
    readonly architectures: readonly string[];
  };
  readonly oci?: { readonly repository: string };
}

/** What one client's text is made from. */
export interface SetupOrder {
  readonly site: SiteAddress;
  /** The secret, or what stands for it. */
  readonly secret: string;
}

/** The same for clients that verify what they install. */
export interface SignedSetupOrder extends SetupOrder {
  readonly signingKey: SignedBy;
}

/** Stands for the secret where it is not known: it is shown once, when it is made. */
export const KEY_PLACEHOLDER = '<KEY>';
