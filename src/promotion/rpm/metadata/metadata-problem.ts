/** What is wrong with a repository, in words. */
export class MetadataProblem extends Error {
  override readonly name = 'MetadataProblem';
}
