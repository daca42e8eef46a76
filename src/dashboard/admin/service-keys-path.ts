/** Path of the page of a service account's API keys. */

export function serviceKeysPath(userId: string): string {
  return `/admin/service-accounts/${userId}/api-keys`;
}
