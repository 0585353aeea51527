/** What a text of a file has to look like, and the words that say so to who wrote it. */
export interface TextGrammar {
  readonly pattern: RegExp;
  /** Completes the sentence `"<text>" is not …`. */
  readonly meaning: string;
  /** Never repeated in a mistake: who puts a secret there should not find it in the log. */
  readonly unrepeated?: boolean;
}
