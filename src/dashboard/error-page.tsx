/** Shows errors as pages with the layout: what happened, and what the reader can do. */
import { Html } from "@elysiajs/html";
import type { ErrorDescription } from "../http/error-description.ts";
import type { ErrorRenderer } from "../http/errors.ts";
import { requestIdOf } from "../http/request-id.ts";
import { Button } from "./components/button.tsx";
import { Layout } from "./layout.tsx";
import { readLook } from "./look.ts";
import { renderPage } from "./render.ts";
import type { SessionCookie } from "./session/session-cookie.ts";
import type { Viewer } from "./viewer.ts";

const TITLES: Readonly<Record<number, string>> = {
  403: "Not allowed",
  404: "Not found",
  405: "Not possible here",
  413: "Too large",
  422: "Not valid",
  429: "Too many requests",
  500: "Something went wrong",
  503: "Not available right now",
};

export function createErrorPage(cookie: SessionCookie): ErrorRenderer {
  return async (error, request) => {
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
  const title = TITLES[error.status] ?? "Something went wrong";
  return (
    <Layout title={title} viewer={viewer}>
      <section class="error-page">
        <p class="error-status">{error.status}</p>
        <h1 safe>{title}</h1>
        <p class="lead" safe>
          {error.message}
        </p>
        {error.hint !== undefined && (
          <p class="muted" safe>
            {error.hint}
          </p>
        )}
        {error.details !== undefined && (
          <ul class="prose">
            {error.details.map(({ path, message }) => (
              <li>
                <code safe>{path}</code> <span safe>{message}</span>
              </li>
            ))}
          </ul>
        )}
        <div class="form-actions form-actions-center">
          {viewer ? (
            <Button kind="primary" href="/sources" label="To your webhooks" />
          ) : (
            <Button kind="primary" href="/pages/login" label="Sign in" />
          )}
        </div>
        <p class="error-id muted">
          Request <code safe>{requestId}</code>
        </p>
      </section>
    </Layout>
  );
}
