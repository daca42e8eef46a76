/** Tells addresses that lead to this machine only. */

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** `hostname`: that of a parsed URL, which has addresses in their usual form, such as 127.0.0.1 for 127.1. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}
