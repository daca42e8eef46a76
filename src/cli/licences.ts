/** Text of the licences, collected while the executable is built. */
import { collectLicences, ownLicence } from "./collect-licences.ts" with { type: "macro" };

/** https://bun.com/docs/project/license lists the libraries in the runtime. */
const RUNTIME = `The runtime is Bun (https://bun.com), under the MIT licence. It contains JavaScriptCore and WebKit under the LGPL
version 2, whose source in the version used is at https://github.com/oven-sh/webkit, SQLite (public domain), BoringSSL,
ICU and other libraries; https://bun.com/docs/project/license lists them all with their licences, and says how to relink
Bun with another JavaScriptCore.`;

const LINE = "=".repeat(78);

export const LICENCES = `webhooker\n\n${ownLicence().trim()}\n\n${LINE}\n\n${RUNTIME}\n\n${LINE}\n\n${collectLicences().trim()}`;
