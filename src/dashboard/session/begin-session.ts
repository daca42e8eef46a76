/** Signs a browser in once its user is known for certain. */
import type { SignedInBy } from "../../auth/sessions.ts";
import type { User } from "../../auth/users.ts";
import type { DashboardDeps } from "../deps.ts";
import { nextPath } from "../next-path.ts";
import type { OpenContext } from "../page-route.ts";
import { redirect } from "../render.ts";
import type { DeviceCookie } from "./device-cookie.ts";
import type { SessionCookie } from "./session-cookie.ts";

export type BeginSession = (
  context: OpenContext,
  as: {
    user: Pick<User, "id" | "username">;
    next?: string | undefined;
    /** By default the password. */
    signedInBy?: SignedInBy;
    /** When the user proved who they are, if that was not just now. */
    verifiedAt?: number;
  },
) => Promise<Response>;

/** Signs the browser out of what it was signed in to. */
export function createBeginSession(
  deps: Pick<DashboardDeps, "sessions"> & Readonly<{ cookie: SessionCookie; device: DeviceCookie }>,
): BeginSession {
  const { sessions, cookie, device } = deps;
  return async (context, { user, next, ...how }) => {
    const before = await cookie.read(context.request);
    if (before) sessions.end({ userId: before.user.id, id: before.session.id });
    const { session, token } = sessions.create({
      userId: user.id,
      userAgent: context.request.headers.get("user-agent") ?? "",
      remoteAddress: context.remoteAddress,
      ...how,
    });
    context.audit.by({ userId: user.id, sessionId: session.id });
    const response = redirect(nextPath(next));
    response.headers.append("set-cookie", await cookie.write({ token, expiresAt: session.expiresAt }));
    response.headers.append("set-cookie", await device.write(user.username));
    return response;
  };
}
