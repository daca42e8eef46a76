/** Signs the first user of a gateway in, as a browser would. */
import { ADMIN_PASSWORD } from "./gateway.ts";

/** Returns the value of the cookie header. */
export async function signIn(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/pages/login`, {
    method: "POST",
    body: new URLSearchParams({ username: "admin", password: ADMIN_PASSWORD }),
    redirect: "manual",
    proxy: false,
  });
  const [cookie = ""] = answer.headers.getSetCookie();
  if (answer.status !== 303) throw new Error(`signing in was answered ${answer.status}`);
  return cookie.split(";", 1)[0] ?? "";
}
