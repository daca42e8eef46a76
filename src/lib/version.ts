/** The program's version: package.json's, with the commit where the build knew it. */
import { version as packageVersion } from "../../package.json";

/** Put in by the build; not declared when the program runs from its sources. */
declare const WEBHOOKER_COMMIT: string | undefined;

const commit = typeof WEBHOOKER_COMMIT === "string" ? WEBHOOKER_COMMIT : "";

/** "1.2.3" or "1.2.3 (abc1234)". */
export const version: string = commit === "" ? packageVersion : `${packageVersion} (${commit})`;

/** How the gateway introduces itself wherever it makes a request of its own. */
export const userAgent = `Webhooker/${packageVersion}`;
