import { ApiProperty } from '@nestjs/swagger';
import { IsBase64, IsString, MaxLength } from 'class-validator';
import type { SignatureForm } from './format-builder.js';
import type { SigningRequest } from './promotion.js';

const FORMS: SignatureForm[] = ['rpm-header', 'detached', 'clearsigned', 'cosign'];

/** Something that waits for a signature, or has one. */
export class SigningRequestDto {
  n: number;

  /**
   * `rpm-header`: the OpenPGP packet over an RPM's header, as `rpm -qp --qf %{rsaheader:base64}` shows it;
   * `detached`: an armoured detached signature; `clearsigned`: the whole cleartext-signed file;
   * `cosign`: ECDSA P-256 over SHA-256, DER.
   */
  @ApiProperty({ enum: FORMS })
  form: SignatureForm;

  /**
   * What is to be signed: a staged file, which the signer reads from staging itself, or one of the snapshot.
   * @example "snapshot/repodata/repomd.xml"
   */
  path: string;

  /** Of what is to be signed. */
  sha256: string;

  /** It has its signature. */
  signed: boolean;

  /**
   * Its signature in base64, once it has one: a signer that goes on where another stopped checks it, and need not
   * sign again.
   */
  @ApiProperty({ type: String, nullable: true, format: 'base64' })
  signature: string | null;
}

export function signingRequestDto(request: SigningRequest): SigningRequestDto {
  const { n, form, path, sha256, signature } = request;
  return {
    ...{ n, form, path, sha256 },
    signed: signature !== null,
    signature: signature?.toString('base64') ?? null,
  };
}

export class SignatureDto {
  /** The signature in the form that was asked for, in base64. */
  @IsBase64()
  @MaxLength(80_000)
  @IsString()
  signature: string;
}
