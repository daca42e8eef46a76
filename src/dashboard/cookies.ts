/** Reads cookies from the header itself: the framework's signed cookies have open bugs (elysia#1861, #833). */

/** Returns null if there is no cookie of that name, or if there are two, as one of them was planted. */
export function readCookie(request: Request, name: string): string | null {
  const header = request.headers.get("cookie");
  if (header === null) return null;
  const values = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && value !== "" ? value : null;
}
