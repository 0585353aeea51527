/** Which packages and images exist under one name: what a subscriber's key can be scoped to. */
export interface Component {
  readonly name: string;
  /** Free text for people; empty when the file says nothing. */
  readonly description: string;
  /** A public component is served without a key. */
  readonly visibility: 'public' | 'private';
  readonly series: readonly string[];
  readonly rpm?: { readonly targets: readonly string[] };
  readonly deb?: {
    readonly distributions: readonly string[];
    readonly architectures: readonly string[];
  };
  /** `repository` is unique in the catalogue: an OCI path names it and not the component. */
  readonly oci?: { readonly repository: string; readonly architectures: readonly string[] };
}

/** The catalogue as plain JSON: what a revision in the database holds. */
export interface CatalogueDocument {
  readonly components: readonly Component[];
}

/**
 * The catalogue that requests are judged by: look-ups in constant time, and
 * nobody can change it, so a request keeps the one it started with.
 *
 * The names looked up are what a client typed. They are keys of a `Map`, for
 * which `constructor` and `__proto__` are names like any other.
 */
export class Catalogue {
  readonly components: readonly Component[];
  private readonly byName: ReadonlyMap<string, Component>;
  private readonly byRepository: ReadonlyMap<string, Component>;

  /** Takes a document that `parseCatalogue` has accepted, now or before it was stored. */
  constructor(document: CatalogueDocument) {
    this.components = deepFreeze(structuredClone(document.components));
    this.byName = new Map(this.components.map((component) => [component.name, component]));
    this.byRepository = new Map(
      this.components.flatMap((component) =>
        component.oci ? [[component.oci.repository, component] as const] : [],
      ),
    );
  }

  component(name: string): Component | undefined {
    return this.byName.get(name);
  }

  /** @param repository as the catalogue has it (`lts-core`), without the `oci/` of the path */
  componentOfRepository(repository: string): Component | undefined {
    return this.byRepository.get(repository);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
