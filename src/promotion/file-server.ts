/** Who serves the published tree to subscribers: asked as it is for one who was let through. */
export interface FileServer {
  /** As a person knows it: `http://rpm:8080`, `the gateway`. */
  readonly name: string;
  /**
   * What it answers for a path of the tree.
   * @param path `rpm/core/2025/el9-x86_64/repodata/repomd.xml`
   * @throws Error that says why there is no file
   */
  read(path: string): Promise<Buffer>;
}
