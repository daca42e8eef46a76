/** Shows a page of what the event file holds, or in its place what is wrong with that file. */
import { renderPage } from "../render.ts";
import { type Fault, faultOf } from "./webhook-state.ts";

/** Rejects with every error that is not the file's. */
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
