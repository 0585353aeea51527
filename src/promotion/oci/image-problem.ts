/** What is wrong with a staged image, as the end of a sentence that names its file. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
}
