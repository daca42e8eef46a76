/** Shows errors as pages with the layout: what happened, and what the reader can do. */
import { Html } from "@elysiajs/html";
import type { ErrorDescription } from "../http/error-description.ts";
import type { ErrorRenderer } from "../http/errors.ts";
import { PORTAL_PATH } from "../http/portal-path.ts";
import { requestIdOf } from "../http/request-id.ts";
import { pathOf } from "../http/request-url.ts";
import { Button } from "./components/button.tsx";
import { ErrorSection, titleOf } from "./components/error-section.tsx";
import { Layout } from "./layout.tsx";
import { readLook } from "./look.ts";
import { renderPage } from "./render.ts";
import type { SessionCookie } from "./session/session-cookie.ts";
import type { Viewer } from "./viewer.ts";

/** `portalErrorPage` shows errors to a portal's customer, who has no account. */
export function createErrorPage(cookie: SessionCookie, portalErrorPage: ErrorRenderer): ErrorRenderer {
  return async (error, request) => {
    if (pathOf(request.url).startsWith(`${PORTAL_PATH}/`)) return portalErrorPage(error, request);
    const viewer = await findViewer(cookie, request);
    const requestId = requestIdOf(request);
    return renderPage(<ErrorPage error={error} viewer={viewer} requestId={requestId} />, {
      status: error.status,
    });
  };
}

/** Returns null if finding the viewer fails, as the same fault may have caused the error. */
async function findViewer(cookie: SessionCookie, request: Request): Promise<Viewer | null> {
  try {
    const found = await cookie.read(request);
    return found && { ...found.user, look: readLook(request) };
  } catch {
    return null;
  }
}

function ErrorPage(props: {
  error: ErrorDescription;
  viewer: Viewer | null;
  requestId: string;
}): JSX.Element {
  const { error, viewer, requestId } = props;
  return (
    <Layout title={titleOf(error)} viewer={viewer}>
      <ErrorSection error={error} requestId={requestId}>
        {viewer ? (
          <Button kind="primary" href="/sources" label="To your webhooks" />
        ) : (
          <Button kind="primary" href="/pages/login" label="Sign in" />
        )}
      </ErrorSection>
    </Layout>
  );
}
