/** Settings of pull targets. */
import { z } from "zod";
import { configuredHeaders } from "../configured-headers.ts";
import { receivedHeadersShape } from "../received-headers.ts";

export const pullConfigSchema = z.strictObject({ headers: configuredHeaders, ...receivedHeadersShape });

export type PullConfig = z.infer<typeof pullConfigSchema>;
