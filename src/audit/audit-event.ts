/** Who makes a change, as far as that is known. */
export interface Author {
  /** From 1 to 200 characters: a person or a program, as it names itself; `unknown` where it does not. */
  readonly actor: string;
  /** Under which the log has the request. */
  readonly requestId?: string;
}

/** One thing that a change did. It never holds a secret: what may be shown of one is its hint. */
export interface AuditEvent {
  /** What was done to what kind of thing: `key.revoke`. */
  readonly action: string;
  /** To which: `key:3f0c…`. */
  readonly subject: string;
  /** What else is worth knowing, as the action has it. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** An event as it was recorded. */
export interface RecordedEvent extends AuditEvent {
  /** Rises with each event. */
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly requestId: string | null;
}

/** Changes that Packyard makes by itself: what it read at start, what it was told by a signal. */
export const PACKYARD: Author = { actor: 'packyard' };
