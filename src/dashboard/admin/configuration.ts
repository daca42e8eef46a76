/** Describes the configuration for administrators: every variable, without secrets, and whether it was changed. */
import { type Config, configVariables, loadConfig } from "../../config.ts";
import type { VariableName } from "../../config-variables.ts";

export type ConfigurationLine = Readonly<{
  name: string;
  meaning: string;
  value: string;
  isSecret: boolean;
  isChanged: boolean;
}>;

const SET = "set";
const NOT_SET = "not set";

/** The type makes a new variable without an entry fail to compile. */
const VALUES: Readonly<Record<VariableName, (config: Config) => string>> = {
  WEBHOOKER_ENVIRONMENT: ({ environment }) => environment,
  HOST: ({ host }) => host,
  PORT: ({ port }) => String(port),
  BASE_URL: ({ baseUrl }) => baseUrl,
  DBURL: ({ dbPath }) => dbPath,
  DATA_DIR: ({ dataDir }) => dataDir,
  SECRET_KEY: ({ secretKey }) => (secretKey === null ? "in a file beside the main database" : SET),
  SECRET_KEY_PREVIOUS: ({ secretKeyPrevious }) => (secretKeyPrevious === null ? NOT_SET : SET),
  ADMIN_PASSWORD: ({ adminPassword }) => (adminPassword === null ? NOT_SET : SET),
  REQUIRE_SECOND_FACTOR: ({ requireSecondFactor }) => requireSecondFactor,
  INVITATIONS: ({ invitations }) => invitations,
  SESSION_IDLE_HOURS: ({ sessions }) => String(sessions.idleHours),
  SESSION_MAX_DAYS: ({ sessions }) => String(sessions.maxDays),
  PASSWORD_SIGN_IN: ({ passwordSignIn }) => (passwordSignIn ? "on" : "off"),
  OIDC_ISSUER: ({ oidc }) => oidc?.issuer ?? NOT_SET,
  OIDC_CLIENT_ID: ({ oidc }) => oidc?.clientId ?? NOT_SET,
  OIDC_CLIENT_SECRET: ({ oidc }) => (oidc === null ? NOT_SET : SET),
  OIDC_ALLOWED_DOMAINS: ({ oidc }) => (oidc ? (oidc.allowedDomains?.join(", ") ?? "any") : NOT_SET),
  OIDC_NAME: ({ oidc }) => oidc?.name ?? NOT_SET,
  OIDC_SCOPES: ({ oidc }) => oidc?.scopes ?? NOT_SET,
  OIDC_CREATE_USERS: ({ oidc }) => (oidc ? (oidc.createsUsers ? "on" : "off") : NOT_SET),
  OIDC_GROUPS_CLAIM: ({ oidc }) => oidc?.groups.claim ?? NOT_SET,
  OIDC_ADMIN_GROUPS: ({ oidc }) => oidc?.groups.admins?.join(", ") ?? NOT_SET,
  OIDC_GROUP_TEAMS: ({ oidc }) =>
    Object.entries(oidc?.groups.teams ?? {})
      .map(([group, team]) => `${group} = ${team}`)
      .join(", ") || NOT_SET,
  OIDC_ALLOWED_CIDRS: ({ oidc }) => (oidc ? listed(oidc.allowedCidrs) : NOT_SET),
  MAX_BODY_BYTES: ({ maxBodyBytes }) => String(maxBodyBytes),
  PUBLISH_RATE: ({ publishRate }) => String(publishRate ?? 0),
  RETENTION_DAYS: ({ retentionDays }) => String(retentionDays),
  SQL_CONSOLE: ({ sqlConsole }) => (sqlConsole ? "on" : "off"),
  CHECKPOINTS: ({ checkpoints }) => checkpoints,
  UV_THREADPOOL_SIZE: ({ threads }) => String(threads),
  TRUSTED_PROXIES: ({ trustedProxies }) => listed(trustedProxies),
  ALLOWED_TARGET_CIDRS: ({ allowedTargetCidrs }) => listed(allowedTargetCidrs),
  SMTP_URL: ({ mail }) => (mail === null ? NOT_SET : SET),
  MAIL_FROM: ({ mail }) => mail?.from ?? NOT_SET,
  METRICS_USERNAME: ({ metrics }) => metrics?.username ?? NOT_SET,
  METRICS_PASSWORD: ({ metrics }) => (metrics === null ? NOT_SET : SET),
  OTEL_EXPORTER_OTLP_ENDPOINT: ({ traces }) => traces?.endpoint ?? NOT_SET,
  OTEL_EXPORTER_OTLP_HEADERS: ({ traces }) => (isEmpty(traces?.headers) ? NOT_SET : SET),
  OTEL_SERVICE_NAME: ({ traces }) => traces?.serviceName ?? NOT_SET,
  OTEL_RESOURCE_ATTRIBUTES: ({ traces }) => (isEmpty(traces?.resourceAttributes) ? NOT_SET : SET),
  OTEL_TRACES_SAMPLER: ({ traces }) => traces?.sampler ?? NOT_SET,
  OTEL_TRACES_SAMPLER_ARG: ({ traces }) => String(traces?.ratio ?? NOT_SET),
  CLUSTER_URL: ({ cluster }) => cluster?.nats.url ?? NOT_SET,
  CLUSTER_CREDENTIALS: ({ cluster }) => setIf(cluster?.nats.credentials),
  CLUSTER_SYSTEM_CREDENTIALS: ({ cluster }) => setIf(cluster?.nats.systemCredentials),
  CLUSTER_TLS_CA: ({ cluster }) => setIf(cluster?.nats.tls.authority),
  CLUSTER_TLS_CERTIFICATE: ({ cluster }) => setIf(cluster?.nats.tls.certificate),
  CLUSTER_TLS_KEY: ({ cluster }) => setIf(cluster?.nats.tls.key),
  CLUSTER_NAME: ({ cluster }) => cluster?.nats.cluster ?? NOT_SET,
  CLUSTER_NODE: ({ cluster }) => cluster?.node ?? NOT_SET,
  CLUSTER_ADVERTISE: ({ cluster }) => cluster?.advertise ?? NOT_SET,
  CLUSTER_COPIES: ({ cluster }) => String(cluster?.copies ?? NOT_SET),
  CLUSTER_LOG_MAX_BYTES: ({ cluster }) => String(cluster?.nats.maxBytes ?? NOT_SET),
  LOG_LEVEL: ({ logLevel }) => logLevel,
  LOG_FORMAT: ({ logFormat }) => logFormat,
};

export function describeConfiguration(config: Config): readonly ConfigurationLine[] {
  const byDefault = loadConfig({ WEBHOOKER_ENVIRONMENT: config.environment });
  const meanings = new Map(configVariables.map((variable) => [variable.name, variable]));
  return Object.entries(VALUES).map(([name, read]) => ({
    name,
    meaning: (meanings.get(name)?.meaning ?? "").replaceAll("`", ""),
    value: read(config),
    isSecret: meanings.get(name)?.secret ?? true,
    isChanged: read(config) !== read(byDefault),
  }));
}

function setIf(secret: string | null = null): string {
  return secret === null ? NOT_SET : SET;
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}

function isEmpty(pairs: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(pairs).length === 0;
}
