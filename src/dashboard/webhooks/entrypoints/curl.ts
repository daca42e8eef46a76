/** A command that sends an event to an entrypoint, to paste into a terminal. */

/** The URL is the program's own and holds nothing that a shell would read as more than text. */
export function curlCommand(url: string): string {
  return `curl -d '{"hello": "world"}' \\\n  -H 'Content-Type: application/json' \\\n  ${url}`;
}
