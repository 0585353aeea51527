/** Where the tools of others are looked for: as for whoever started the process. */
export function searchPath(env: NodeJS.ProcessEnv = process.env): string {
  return env.PATH || '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
}
