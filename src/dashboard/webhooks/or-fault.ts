/** Shows a page with data of an event file, or the file's fault instead. */
import { renderPage } from "../render.ts";
import { type Fault, faultOf } from "./webhook-state.ts";

/** Rejects with every error that the event file did not cause. */
export async function orFault(
  show: () => Promise<Response>,
  faultPage: (fault: Fault) => JSX.Element,
): Promise<Response> {
  try {
    return await show();
  } catch (error) {
    return renderPage(faultPage(faultOf(error)), { status: 503 });
  }
}
