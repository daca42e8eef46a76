/** Accepts by the sender's address alone. */
import { z } from "zod";
import { createCidrList, parseCidr } from "../../lib/cidr.ts";
import { placeFields, placeShape, readersOf } from "../config-fields.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";

const MOST_NETWORKS = 500;

const network = z
  .string()
  .trim()
  .refine((text) => parseCidr(text) !== null, "must be an address or a network, such as 192.0.2.0/24");

const configSchema = z.strictObject({
  networks: z.array(network).min(1).max(MOST_NETWORKS).describe("Addresses, and networks in CIDR form."),
  ...placeShape,
});

export const ipAllowListProvider: Provider<z.infer<typeof configSchema>> = {
  type: "ip-allow-list",
  label: "IP allow-list",
  description:
    "Accepts requests that come from one of these networks. It proves less than a signature does; behind a reverse proxy it needs TRUSTED_PROXIES.",
  configSchema,
  fields: [
    {
      name: "networks",
      label: "Networks",
      kind: "list",
      required: true,
      placeholder: "192.0.2.0/24\n2001:db8::/32",
      help: "One address or network in a line.",
    },
    ...placeFields,
  ],
  prepare({ networks, ...places }) {
    const list = createCidrList(networks);
    return {
      verify: ({ remoteAddress }) =>
        list.includes(remoteAddress)
          ? ACCEPTED
          : refused(`The sender's address is in none of the networks: ${remoteAddress || "unknown"}.`),
      ...readersOf(places),
    };
  },
};
