/** A command that sends an event to an entrypoint, to paste into a terminal. */

/** `url` is the gateway's own and contains nothing that a shell would interpret. */
export function curlCommand(url: string): string {
  return `curl -d '{"hello": "world"}' \\\n  -H 'Content-Type: application/json' \\\n  ${url}`;
}
