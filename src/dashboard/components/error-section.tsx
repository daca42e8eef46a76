/** Says what went wrong with a request: the body of every error page. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { ErrorDescription } from "../../http/error-description.ts";

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

export function titleOf({ status }: ErrorDescription): string {
  return TITLES[status] ?? "Something went wrong";
}

/** Its children are the ways on. */
export function ErrorSection(
  props: PropsWithChildren<Readonly<{ error: ErrorDescription; requestId: string }>>,
): JSX.Element {
  const { error, requestId, children } = props;
  return (
    <section class="error-page">
      <p class="error-status">{error.status}</p>
      <h1 safe>{titleOf(error)}</h1>
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
      <div class="form-actions form-actions-center">{children}</div>
      <p class="error-id muted">
        Request <code safe>{requestId}</code>
      </p>
    </section>
  );
}
