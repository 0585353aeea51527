import type { StagedFile, SignatureForm } from './format-builder.js';
import type { Destination } from './publication.js';
import type { ReleaseKind } from './release.js';

/** The steps of every promotion, in their order. */
export const STEPS = [
  'freeze',
  'fetch',
  'inspect',
  'sign_packages',
  'build',
  'sign_metadata',
  'verify',
  'switch',
  'deliver',
] as const;
export type StepName = (typeof STEPS)[number];

export const UNDER_WAY = ['queued', 'running', 'awaiting_signatures'] as const;
export const PROMOTION_STATES = [...UNDER_WAY, 'live', 'failed', 'cancelled'] as const;
export type PromotionState = (typeof PROMOTION_STATES)[number];

export function isUnderWay(state: PromotionState): boolean {
  return (UNDER_WAY as readonly string[]).includes(state);
}

/** What is asked for, besides where. */
export interface PromotionRequest {
  /** Of a promotion: how many of the newest versions of each package stay in the target; otherwise all. */
  readonly keep?: number;
  /** Of a rollback: the release whose set of the target is brought back. */
  readonly release?: string;
  /** Of a withdrawal: paths of the packages that are taken away. */
  readonly packages?: readonly string[];
  /** Of a withdrawal: take the files away too, although clients may be fetching them. */
  readonly now?: boolean;
}

export interface PromotionStep {
  readonly name: StepName;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** How many of its parts are done, and of how many, where it has parts. */
  readonly done: number;
  readonly total: number | null;
}

/** A file of the frozen set. */
export interface PromotionFile {
  readonly file: string;
  readonly target: string;
  /** Bytes, as staged. */
  readonly size: number;
  /** As staged, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly content: StagedFile | null;
}

/** The work that makes a release. */
export interface Promotion extends Destination {
  readonly id: string;
  readonly kind: ReleaseKind;
  readonly publication: string;
  readonly request: PromotionRequest;
  readonly state: PromotionState;
  readonly base: string | null;
  readonly release: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Why it was cancelled, in the words of who did; null where it was not, or they did not say. */
  readonly cancelReason: string | null;
  readonly warnings: readonly string[];
  readonly actor: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly steps: readonly PromotionStep[];
}

/** Something that waits for a signature, or has one. */
export interface SigningRequest {
  readonly promotionId: string;
  readonly n: number;
  readonly form: SignatureForm;
  /** What is to be signed, in the promotion's work folder. */
  readonly path: string;
  /** Where the signature goes, in the promotion's work folder. */
  readonly signaturePath: string;
  /** Of what is to be signed: for an RPM of the staged file. */
  readonly sha256: string;
  readonly requestedAt: Date;
  /** Null while it is waited for. */
  readonly signature: Buffer | null;
}

export interface PromotionEvent {
  readonly id: string;
  readonly at: Date;
  readonly type: 'state' | 'step' | 'progress' | 'warning';
  readonly data: Readonly<Record<string, unknown>>;
}
