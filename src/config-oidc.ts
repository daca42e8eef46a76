/** Reads how users sign in by a provider of OpenID Connect. */
import * as values from "./config-values.ts";

export type OidcConfig = Readonly<{
  /** Without a query; as the provider writes it. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Stands in "Sign in with …". */
  name: string;
  scopes: string;
  /** Lower-case domains of verified e-mail addresses; null: an e-mail address is not asked for. */
  allowedDomains: readonly string[] | null;
  /** Networks that are not public and that the provider may be in. */
  allowedCidrs: readonly string[];
  createsUsers: boolean;
  groups: Readonly<{
    claim: string;
    /** Groups whose members are administrators; null: groups decide nothing about roles. */
    admins: readonly string[] | null;
    /** Names of teams by group. */
    teams: Readonly<Record<string, string>>;
  }>;
}>;

const TOGETHER_HINT =
  "Set OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_ALLOWED_DOMAINS together, or none of them.";

/** Joins the descriptions in config-variables.ts. */
export const oidcVariables = {
  PASSWORD_SIGN_IN: {
    meaning:
      "`off` refuses passwords on the sign-in page, from the time when an administrator has signed in by OpenID Connect",
    default: "on",
    hint: "Set on, or off together with OIDC_ISSUER.",
  },
  OIDC_ISSUER: {
    meaning: "Issuer of the OpenID Connect provider by which users sign in; without it there is none",
    default: "",
    hint: TOGETHER_HINT,
  },
  OIDC_CLIENT_ID: { meaning: "Client id at the provider", default: "", hint: TOGETHER_HINT },
  OIDC_CLIENT_SECRET: {
    meaning: "Client secret at the provider",
    default: "",
    secret: true,
    hint: TOGETHER_HINT,
  },
  OIDC_ALLOWED_DOMAINS: {
    meaning:
      "Domains of verified e-mail addresses that may sign in by the provider; `any` lets in everyone whom it signs in",
    default: "",
    hint: "Set domains separated by commas, such as example.com, or any, together with OIDC_ISSUER.",
  },
  OIDC_NAME: {
    meaning: "Name of the provider on the sign-in page",
    default: "single sign-on",
    hint: "Set a name, such as Keycloak.",
  },
  OIDC_SCOPES: {
    meaning: "Scopes to ask the provider for, separated by spaces",
    default: "openid email profile",
    hint: "Set scopes separated by spaces, openid among them.",
  },
  OIDC_CREATE_USERS: {
    meaning: "Whether the first sign-in by the provider creates a user: `on`, or `off` for linked users only",
    default: "on",
    hint: "Set on or off.",
  },
  OIDC_GROUPS_CLAIM: {
    meaning: "Claim that lists a user's groups",
    default: "groups",
    hint: "Set the name of a claim, such as groups.",
  },
  OIDC_ADMIN_GROUPS: {
    meaning:
      "Groups whose members are administrators, separated by commas; others are not, from their next sign-in by the provider",
    default: "",
    hint: "Set groups separated by commas.",
  },
  OIDC_GROUP_TEAMS: {
    meaning:
      "Teams by group: `group=team`, separated by commas, percent-encoded; users join and leave them as they sign in",
    default: "",
    hint: "Set group=team pairs separated by commas, such as developers=Development.",
  },
  OIDC_ALLOWED_CIDRS: {
    meaning: "CIDRs of private and loopback addresses that the provider may have; `none` allows none",
    default: "loopback and private networks (dev), none (prod)",
    hint: "Set CIDRs separated by commas, such as 10.0.0.0/8,192.168.1.7/32, or none.",
  },
} as const;

/** Joins the schema in config.ts. */
export const oidcSchema = {
  PASSWORD_SIGN_IN: values.oneOf(["on", "off"]),
  OIDC_ISSUER: values.issuerUrl,
  OIDC_CLIENT_ID: values.secretText(1),
  OIDC_CLIENT_SECRET: values.secretText(1),
  OIDC_ALLOWED_DOMAINS: values.domainList,
  OIDC_NAME: values.secretText(1),
  OIDC_SCOPES: values.scopeList,
  OIDC_CREATE_USERS: values.oneOf(["on", "off"]),
  OIDC_GROUPS_CLAIM: values.secretText(1),
  OIDC_ADMIN_GROUPS: values.textList,
  OIDC_GROUP_TEAMS: values.keyValueList,
  OIDC_ALLOWED_CIDRS: values.cidrList,
};

type Given = { [Name in keyof typeof oidcSchema]?: (typeof oidcSchema)[Name]["_zod"]["output"] | undefined };

/** Returns null if nobody signs in by a provider. `localCidrs`: networks allowed by default. */
export function oidcOf(given: Given, localCidrs: readonly string[]): OidcConfig | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = given;
  const { OIDC_ALLOWED_DOMAINS: domains } = given;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return null;
  if (domains === undefined) return null;
  return Object.freeze({
    issuer,
    clientId,
    clientSecret,
    name: given.OIDC_NAME ?? "single sign-on",
    scopes: given.OIDC_SCOPES ?? "openid email profile",
    allowedDomains: domains === "any" ? null : domains,
    allowedCidrs: given.OIDC_ALLOWED_CIDRS ?? localCidrs,
    createsUsers: given.OIDC_CREATE_USERS !== "off",
    groups: Object.freeze({
      claim: given.OIDC_GROUPS_CLAIM ?? "groups",
      admins: given.OIDC_ADMIN_GROUPS ?? null,
      teams: given.OIDC_GROUP_TEAMS ?? {},
    }),
  });
}
