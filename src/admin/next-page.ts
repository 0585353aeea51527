/** The `Link` to the next page of a list (RFC 8288): the same question, from the cursor on. */
export function linkToNextPage(url: string, cursor: string): string {
  const [path = '', query] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${path}?${parameters.toString()}>; rel="next"`;
}
