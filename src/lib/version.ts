/** The program's version: that of package.json, with the commit if the build knew it. */
import { version as packageVersion } from "../../package.json";

/** Injected by the build; undeclared when the program runs from its sources. */
declare const WEBHOOKER_COMMIT: string | undefined;

const commit = typeof WEBHOOKER_COMMIT === "string" ? WEBHOOKER_COMMIT : "";

/** "1.2.3" or "1.2.3 (abc1234)". */
export const version: string = commit === "" ? packageVersion : `${packageVersion} (${commit})`;

/** User-Agent of every request that the gateway makes. */
export const userAgent = `Webhooker/${packageVersion}`;
