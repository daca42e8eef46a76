/** The signed-in reader of a page, and the message that a page shows once. */
import type { Role } from "../auth/users.ts";
import type { Look } from "./look.ts";

export type Viewer = Readonly<{
  id: string;
  username: string;
  role: Role;
  /** How the reader's browser shows pages; left out: as by default. */
  look?: Look;
  /** Problems of the viewer's webhooks that nobody has acknowledged; left out on error pages. */
  openProblems?: number;
}>;

export type Flash = Readonly<{ tone: "ok" | "bad"; text: string }>;
