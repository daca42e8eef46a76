/** The URL that a sender called, as some providers sign it. */

/** `baseUrl` is BASE_URL, without a trailing slash: what a Host header says proves nothing. */
export function calledUrl(called: {
  baseUrl: string;
  entrypointId: string;
  pathTail: string;
  query: string;
}): string {
  const { baseUrl, entrypointId, pathTail, query } = called;
  return `${baseUrl}/webhook/${entrypointId}${pathTail}${query === "" ? "" : `?${query}`}`;
}
