/** Who looks at a page, and what a page tells once about what was just done. */
import type { Role } from "../auth/users.ts";

export type Viewer = Readonly<{ id: string; username: string; role: Role }>;

export type Flash = Readonly<{ tone: "ok" | "bad"; text: string }>;
