import type { Client, KeySetup } from './key-setup.js';

/** What packages and their metadata are signed by. */
export class SigningKeyDto {
  /**
   * Where the public key is; it needs no key of a subscription.
   * @example "https://pkg.example.org/gpg/lts.asc"
   */
  url: string;

  /**
   * Of the keys in that file, in upper-case hex digits: what a subscriber compares. More than one while
   * the signing key is changed.
   * @example ["3AA5C34371567BD2C0F3F3A3D2C1F1A1B2C3D4E5"]
   */
  fingerprints: string[];

  /**
   * Of the file, in hex digits: the texts compare it.
   * @example "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
   */
  sha256: string;
}

/** A file that the text of a client writes. */
export class SetupFileDto {
  /**
   * Where it goes: absolute, from the user's home folder (`~/`), or a bare name.
   * @example /etc/yum.repos.d/pkg-example-org-core.repo
   */
  path: string;

  /**
   * Its permissions. `0600` where it holds the key.
   * @example "0600"
   */
  mode: '0600' | '0644';

  /**
   * With the key in it where that is known, else with `<KEY>`. Where it depends on the system, such as
   * `<TARGET>`, its first lines say what can stand there.
   * @example "[pkg-example-org-core]\nname=core (pkg.example.org)\nbaseurl=https://pkg.example.org/rpm/core/2025/el9-x86_64/\nusername=subscriber\npassword=<KEY>\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-pkg-example-org\n"
   */
  content: string;
}

/** How one client is set up. */
export class ClientSetupDto {
  /** @example docker */
  client: Client;

  /**
   * For a heading.
   * @example docker
   */
  title: string;

  /** What the text does, where it is pasted, and where the key ends up. */
  explanation: string;

  /**
   * To paste into a shell. It never holds the key: it asks for it, so that the key is in no history and
   * in no list of processes.
   * @example "docker login --username subscriber pkg.example.org &&\n  docker pull pkg.example.org/oci/lts-core:2025\n"
   */
  text: string;

  /** What the text writes, for an editor or for configuration management. */
  files: SetupFileDto[];
}

/** Everything that a subscriber needs to start. */
export class SetupDto {
  /** Null where there is none that can be read: then there are no texts for packages, and `notes` says why. */
  signing_key: SigningKeyDto | null;

  /** One for each client that the components of the key are of use to. */
  clients: ClientSetupDto[];

  /**
   * What was left out, and why.
   * @example []
   */
  notes: string[];
}

export function setupDto({ signingKey, clients, notes }: KeySetup): SetupDto {
  return {
    signing_key: signingKey
      ? {
          url: signingKey.url,
          fingerprints: [...signingKey.fingerprints],
          sha256: signingKey.sha256,
        }
      : null,
    clients: clients.map(({ client, title, explanation, text, files }) => ({
      client,
      title,
      explanation,
      text,
      files: files.map(({ path, mode, content }) => ({ path, mode, content })),
    })),
    notes: [...notes],
  };
}
