/** The signer does not sign what it was asked to, and why, in words for who runs `packyard promote`. */
export class SigningRefused extends Error {
  override readonly name = 'SigningRefused';
}
