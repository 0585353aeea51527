declare module 'deb-version-compare' {
  /** Debian policy, section 5.6.12. @returns below 0, 0 or above 0, as `sort` takes it */
  export default function compare(a: string, b: string): number;
}
