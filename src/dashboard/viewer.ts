/** The signed-in reader of a page, and the message that a page shows once. */
import type { Role } from "../auth/users.ts";

export type Viewer = Readonly<{ id: string; username: string; role: Role }>;

export type Flash = Readonly<{ tone: "ok" | "bad"; text: string }>;
