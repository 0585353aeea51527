import { DomainError } from '../common/domain-error.js';
import type { S3Staging } from '../config/settings.js';

/** Nothing there, or not what was looked at before. */
const NOT_FOUND = ['NoSuchKey', 'NotFound'];
const PRECONDITION_FAILED = 412;

/** What S3 calls it, and versitygw, which answers an unknown access key with 404 and a name of its own. */
const WRONG_CREDENTIALS =
  /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|XAdminUserNotFound)$/;

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** An answer, or undefined where the server says that there is no such object, or no longer this version of it. */
export async function answersFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const { name, $metadata } = error as SdkError;
    if (NOT_FOUND.includes(name) || $metadata?.httpStatusCode === PRECONDITION_FAILED) {
      return undefined;
    }
    throw error;
  }
}

/** What a failure of the SDK means to the operator, and which setting it is about. Never holds a credential. */
export function s3Failure(error: unknown, { endpoint, bucket }: S3Staging): DomainError {
  if (error instanceof DomainError) return error;
  const { name, code, message, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const reason =
    code ?? (status === undefined ? message.replace(/^AWS SDK error wrapper for \w+: /, '') : name);
  return new DomainError(
    'STAGING_UNAVAILABLE',
    `The staging server ${endpoint} ${explain(name, reason, status, bucket)}`,
    { reason, ...(status !== undefined && { status }) },
    { cause: error },
  );
}

function explain(name: string, reason: string, status: number | undefined, bucket: string): string {
  if (name === 'NoSuchBucket') {
    return `has no bucket "${bucket}" (STAGING_URL). Packyard makes it when its admin process starts.`;
  }
  if (name === 'RequestTimeTooSkewed') {
    return 'refuses requests because its clock and ours differ by more than 15 minutes. Set both by NTP.';
  }
  if (WRONG_CREDENTIALS.test(name) || status === 401 || status === 403) {
    return `refuses our credentials (${reason}). Check STAGING_ACCESS_KEY and STAGING_SECRET_KEY.`;
  }
  if (status === undefined) {
    return `(STAGING_URL) does not answer: ${reason}. Check that it runs, and that the address is right.`;
  }
  return `(STAGING_URL) answered ${status}, ${reason}. Its own log may say more.`;
}
