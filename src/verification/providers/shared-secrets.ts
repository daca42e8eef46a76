/**
 * Providers that send the secret itself: Basic, Bearer, a key in a header or query parameter, and Okta's event hooks.
 */
import { z } from "zod";
import type { FormField } from "../../settings/form-field.ts";
import {
  headerName,
  placeFields,
  placeShape,
  readersOf,
  secretFields,
  secretShape,
} from "../config-fields.ts";
import { answerOkta } from "../handshakes.ts";
import { decode } from "../hmac/signature.ts";
import {
  ACCEPTED,
  type Proof,
  type Provider,
  type ReceivedRequest,
  refused,
  type SecretPlace,
  type Verdict,
} from "../provider.ts";
import { missing } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import {
  bytesOfHeader,
  bytesOfParameter,
  createSecretComparison,
  headerOfBytes,
  refuseForHeader,
  refuseForToken,
  type SecretComparison,
} from "../secret-comparison.ts";

const AUTHORIZATION = "Authorization";
const IN_AUTHORIZATION: SecretPlace = { in: "header", name: AUTHORIZATION };
const COLON = 0x3a;

function authorize(value: string): Proof {
  return { headers: [[AUTHORIZATION, value]] };
}

function compared(given: Uint8Array, isRight: SecretComparison): Verdict {
  return isRight(given)
    ? ACCEPTED
    : refused("The secret does not match. Check that both sides have the same one.");
}

/** Returns the credentials after the scheme; null if the header is missing or names another scheme. */
function credentials({ headers }: ReceivedRequest, scheme: string): string | null {
  // Only ASCII spaces and tabs separate: other characters may be bytes of non-ASCII text.
  const [word = "", ...rest] = (headers.get(AUTHORIZATION) ?? "").split(/[ \t]+/);
  return word.toLowerCase() === scheme && rest.length === 1 ? (rest[0] ?? null) : null;
}

const basicSchema = z.strictObject({
  username: z
    .string()
    .max(200)
    .regex(/^[^:]*$/, "cannot contain a colon"),
  ...secretShape,
  ...placeShape,
});

export const basicProvider: Provider<z.infer<typeof basicSchema>> = {
  type: "basic",
  label: "Basic authentication",
  description: "Compares the user name and password in the Authorization header.",
  configSchema: basicSchema,
  fields: [
    { name: "username", label: "User name", kind: "text", required: true },
    ...secretFields("Password"),
    ...placeFields,
  ],
  credentials: "basic",
  prepare({ username, ...config }) {
    const isUser = createSecretComparison({ secret: username });
    const isPassword = createSecretComparison(config);
    return {
      ...readersOf(config),
      secretPlace: IN_AUTHORIZATION,
      sign: () => authorize(`Basic ${Buffer.from(`${username}:${config.secret}`).toString("base64")}`),
      verify(request) {
        const given = credentials(request, "basic");
        if (given === null) return refused(`The header ${AUTHORIZATION} does not contain Basic credentials.`);
        const bytes = decode(given, "base64") ?? new Uint8Array(0);
        const mark = bytes.indexOf(COLON);
        const isBoth = [isUser(bytes.subarray(0, Math.max(mark, 0))), isPassword(bytes.subarray(mark + 1))];
        return mark >= 0 && isBoth.every(Boolean)
          ? ACCEPTED
          : refused("The user name or password does not match. Check that both sides have the same ones.");
      },
    };
  },
};

const bearerSchema = z.strictObject({ ...secretShape, ...placeShape });

export const bearerProvider: Provider<z.infer<typeof bearerSchema>> = {
  type: "bearer",
  label: "Bearer token",
  description: "Compares the token in the Authorization header, after the word Bearer.",
  configSchema: bearerSchema,
  inputSchema: bearerSchema.superRefine(refuseForToken),
  fields: [...secretFields("Token"), ...placeFields],
  prepare(config) {
    const isRight = createSecretComparison(config);
    return {
      ...readersOf(config),
      secretPlace: IN_AUTHORIZATION,
      sign: () => authorize(headerOfBytes(`Bearer ${config.secret}`)),
      verify(request) {
        const given = credentials(request, "bearer");
        return given === null
          ? refused(`The header ${AUTHORIZATION} does not contain a bearer token.`)
          : compared(bytesOfHeader(given), isRight);
      },
    };
  },
};

const apiKeySchema = z.strictObject({
  ...secretShape,
  place: z.enum(["header", "query"]).default("header").describe("Where the sender puts the key."),
  name: headerName.default("X-API-Key").describe("The name of the header or query parameter."),
  ...placeShape,
});

const API_KEY_PLACE: readonly FormField[] = [
  {
    name: "place",
    label: "Sent as",
    kind: "select",
    options: [
      { value: "header", label: "a header" },
      { value: "query", label: "a query parameter" },
    ],
    help: "Proxies may log query parameters. Stored events show the key as [secret].",
  },
  {
    name: "name",
    label: "Header or parameter name",
    kind: "text",
    placeholder: "X-API-Key",
  },
];

export const apiKeyProvider: Provider<z.infer<typeof apiKeySchema>> = {
  type: "api-key",
  label: "API key",
  description: "Compares a key in a header or a query parameter.",
  configSchema: apiKeySchema,
  inputSchema: apiKeySchema.superRefine((config, context) => {
    if (config.place === "header") refuseForHeader(config, context);
  }),
  fields: [...secretFields("Key"), ...API_KEY_PLACE, ...placeFields],
  prepare(config) {
    const isRight = createSecretComparison(config);
    return {
      ...readersOf(config),
      secretPlace: { in: config.place, name: config.name },
      sign: () =>
        config.place === "header"
          ? { headers: [[config.name, headerOfBytes(config.secret)]] }
          : { parameter: String(new URLSearchParams([[config.name, config.secret]])) },
      verify({ headers, query }) {
        if (config.place === "header") {
          const given = headers.get(config.name);
          return given === null ? missing(config.name) : compared(bytesOfHeader(given), isRight);
        }
        const given = bytesOfParameter(query, config.name);
        return given === null
          ? refused(`The query parameter ${config.name} is missing.`)
          : compared(given, isRight);
      },
    };
  },
};

const oktaSchema = z.strictObject({ ...secretShape, header: headerName.default(AUTHORIZATION) });

export const oktaProvider: Provider<z.infer<typeof oktaSchema>> = {
  type: "okta",
  label: "Okta",
  description:
    "Compares the authentication secret of Okta's event hook, and answers the challenge that Okta sends to check the URL.",
  configSchema: oktaSchema,
  inputSchema: oktaSchema.superRefine(refuseForHeader),
  fields: [
    ...secretFields("Authentication secret"),
    {
      name: "header",
      label: "Authentication field",
      kind: "text",
      placeholder: AUTHORIZATION,
      help: "The header that Okta sends the secret in.",
    },
  ],
  handshakeMethods: ["GET"],
  prepare(config) {
    const isRight = createSecretComparison(config);
    return {
      unsignedHandshake: answerOkta,
      secretPlace: { in: "header", name: config.header },
      sign: () => ({ headers: [[config.header, headerOfBytes(config.secret)]] }),
      verify({ headers }) {
        const given = headers.get(config.header);
        return given === null ? missing(config.header) : compared(bytesOfHeader(given), isRight);
      },
      eventType: readerOf("$.data.events.0.eventType", "$.eventType"),
      duplicateId: readerOf("$.eventId"),
    };
  },
};
