/** Accepts requests by the sender's IP address alone. */
import { z } from "zod";
import { createCidrList, parseCidr } from "../../lib/cidr.ts";
import { placeFields, placeShape, readersOf } from "../config-fields.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";

const MOST_NETWORKS = 500;

const network = z
  .string()
  .trim()
  .refine((text) => parseCidr(text) !== null, "must be an IP address or a network, such as 192.0.2.0/24");

const configSchema = z.strictObject({
  networks: z.array(network).min(1).max(MOST_NETWORKS).describe("Addresses, and networks in CIDR form."),
  ...placeShape,
});

export const ipAllowListProvider: Provider<z.infer<typeof configSchema>> = {
  type: "ip-allow-list",
  label: "IP allow-list",
  description:
    "Accepts requests from these networks only. This is weaker than a signature. Behind a reverse proxy, set TRUSTED_PROXIES.",
  configSchema,
  fields: [
    {
      name: "networks",
      label: "Networks",
      kind: "list",
      required: true,
      placeholder: "192.0.2.0/24\n2001:db8::/32",
      help: "One IP address or network per line.",
    },
    ...placeFields,
  ],
  prepare({ networks, ...places }) {
    const list = createCidrList(networks);
    return {
      verify: ({ remoteAddress }) =>
        list.includes(remoteAddress)
          ? ACCEPTED
          : refused(`The sender's address (${remoteAddress || "unknown"}) is not in the allowed networks.`),
      ...readersOf(places),
    };
  },
};
