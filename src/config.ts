/** The only reader of the environment: validated once at start, with all faults reported together. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { type ClientEnvironment, readClientEnvironment } from "./config-client.ts";
import { type ClusterConfig, clusterOf, clusterSchema } from "./config-cluster.ts";
import { clusterFaults } from "./config-cluster-faults.ts";
import { type OidcConfig, oidcOf, oidcSchema } from "./config-oidc.ts";
import { type ConfigFault, collect, type Environment, type ReadFile } from "./config-raw.ts";
import { missingBeside } from "./config-together.ts";
import { type Traces, tracesOf } from "./config-traces.ts";
import * as values from "./config-values.ts";
import { type VariableName, variableEntries, variables } from "./config-variables.ts";

export type Config = Readonly<{
  environment: "dev" | "prod";
  host: string;
  port: number;
  /** Without a trailing slash. */
  baseUrl: string;
  /** File of the main database. */
  dbPath: string;
  /** Folder of the event files. */
  dataDir: string;
  /** 32 bytes; null if the key is generated and kept beside the main database. */
  secretKey: Uint8Array | null;
  /** Opens what was sealed before `secretKey` was set. */
  secretKeyPrevious: Uint8Array | null;
  adminPassword: string | null;
  requireSecondFactor: "none" | "admins" | "everyone";
  /** Who may invite people without an account. */
  invitations: "owners" | "admins";
  sessions: Readonly<{ idleHours: number; maxDays: number }>;
  /** Null if nobody signs in by OpenID Connect. */
  oidc: OidcConfig | null;
  /** False: passwords sign in only until an administrator has signed in by OpenID Connect. */
  passwordSignIn: boolean;
  maxBodyBytes: number;
  /** Events that each API key may publish per second; null: any number. */
  publishRate: number | null;
  retentionDays: number;
  /** Whether editors may run SQL on their events. */
  sqlConsole: boolean;
  checkpoints: "gateway" | "replicator";
  /** Maximum number of threads in the runtime's pool. */
  threads: number;
  trustedProxies: readonly string[];
  allowedTargetCidrs: readonly string[];
  /** Null if no e-mail is sent. */
  mail: Readonly<{ smtpUrl: string; from: string }> | null;
  metrics: Readonly<{ username: string; password: string }> | null;
  /** Null if nothing is traced. */
  traces: Traces | null;
  /** Null on one machine. */
  cluster: ClusterConfig | null;
  logLevel: "debug" | "info" | "warn" | "error";
  logFormat: "json" | "text";
}>;

export type { ConfigFault };

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ variable, fault, hint }) => `  ${variable}: ${fault}. ${hint}`);
    super(`Invalid configuration:\n${lines.join("\n")}`);
    this.faults = faults;
  }
}

/** Source of the variables' tables in the README and the manual, and of the command line's help. */
export const configVariables: readonly Readonly<{
  name: string;
  meaning: string;
  default: string;
  secret: boolean;
  /** One of the few variables that a first installation sets. */
  core: boolean;
}>[] = variableEntries.map(([name, { meaning, default: byDefault, secret, core }]) => ({
  name,
  meaning,
  default: byDefault,
  secret: secret === true,
  core: core === true,
}));

const schema = z
  .object({
    WEBHOOKER_ENVIRONMENT: values.oneOf(["dev", "prod"]),
    HOST: values.hostName,
    PORT: values.wholeNumber(0, 65_535),
    BASE_URL: values.originUrl,
    DBURL: values.databasePath,
    DATA_DIR: values.directoryPath,
    SECRET_KEY: values.secretKey,
    SECRET_KEY_PREVIOUS: values.secretKey,
    ADMIN_PASSWORD: values.secretText(10),
    REQUIRE_SECOND_FACTOR: values.oneOf(["none", "admins", "everyone"]),
    INVITATIONS: values.oneOf(["owners", "admins"]),
    SESSION_IDLE_HOURS: values.wholeNumber(1, 8_760),
    SESSION_MAX_DAYS: values.wholeNumber(1, 365),
    ...oidcSchema,
    MAX_BODY_BYTES: values.wholeNumber(1, 512 * 1024 * 1024),
    PUBLISH_RATE: values.wholeNumber(0, 100_000),
    RETENTION_DAYS: values.wholeNumber(1, 36_500),
    SQL_CONSOLE: values.oneOf(["on", "off"]),
    CHECKPOINTS: values.oneOf(["gateway", "replicator"]),
    UV_THREADPOOL_SIZE: values.wholeNumber(2, 1_024),
    TRUSTED_PROXIES: values.cidrList,
    ALLOWED_TARGET_CIDRS: values.cidrList,
    SMTP_URL: values.smtpUrl,
    MAIL_FROM: values.emailAddress,
    METRICS_USERNAME: values.userName,
    METRICS_PASSWORD: values.secretText(1),
    OTEL_EXPORTER_OTLP_ENDPOINT: values.collectorUrl,
    OTEL_EXPORTER_OTLP_HEADERS: values.keyValueList,
    OTEL_SERVICE_NAME: values.secretText(1),
    OTEL_RESOURCE_ATTRIBUTES: values.keyValueList,
    OTEL_TRACES_SAMPLER: values.oneOf(values.SAMPLERS),
    OTEL_TRACES_SAMPLER_ARG: values.share,
    ...clusterSchema,
    LOG_LEVEL: values.oneOf(["debug", "info", "warn", "error"]),
    LOG_FORMAT: values.oneOf(["json", "text"]),
  } satisfies Record<VariableName, z.ZodType<unknown, string>>)
  .partial();

/**
 * Default number of threads in the runtime's pool. Most of them only wait for the disk, so the runtime's own default of
 * one per core is too few: with 100 busy webhooks on two cores, 32 threads store nearly twice as much as two. From 16
 * to 48 made no difference there; a slower disk needs more. Threads are created on demand.
 */
export const POOL_THREADS = 32;

const LOCAL_CIDRS = Object.freeze(
  "127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7".split(" "),
);

export function loadConfigFromProcess(): Config {
  return loadConfig(process.env);
}

export function clientEnvironmentFromProcess(): ClientEnvironment {
  return readClientEnvironment(process.env);
}

/** Returns true if colours are disabled, as https://no-color.org defines it: by any value but an empty one. */
export function refusesColours(env: Environment = process.env): boolean {
  return (env.NO_COLOR ?? "") !== "";
}

/**
 * Returns the environment to restart the program with, because the runtime has read UV_THREADPOOL_SIZE before the
 * program could set it; null if it was started with it. Bun honours the name, which
 * https://docs.libuv.org/en/v1.x/threadpool.html documents.
 */
export function environmentToStartWith(config: Config, env: Environment = process.env): Environment | null {
  const UV_THREADPOOL_SIZE = String(config.threads);
  return env.UV_THREADPOOL_SIZE === UV_THREADPOOL_SIZE ? null : { ...env, UV_THREADPOOL_SIZE };
}

/** Throws ConfigError with every fault at once. An empty value counts as not set. */
export function loadConfig(
  env: Environment,
  readFile: ReadFile = (path) => readFileSync(path, "utf8"),
  hostName = hostname(),
): Config {
  const { raw, faults } = collect(env, readFile);
  const parsed = schema.safeParse(raw);
  for (const issue of parsed.error?.issues ?? []) {
    const variable = String(issue.path[0]);
    const doc = variableEntries.find(([name]) => name === variable)?.[1];
    faults.push({ variable, fault: issue.message, hint: doc?.hint ?? "" });
  }
  const isFaulty = (name: string) => faults.some(({ variable }) => variable === name);
  for (const missing of missingBeside(raw, isFaulty)) {
    faults.push({ ...missing, hint: variables[missing.variable].hint });
  }
  faults.push(...clusterFaults(raw, { isFaulty, hostName }));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return complete(parsed.data, hostName);
}

function complete(given: z.output<typeof schema>, hostName: string): Config {
  const environment = given.WEBHOOKER_ENVIRONMENT ?? "dev";
  const prod = environment === "prod";
  const localCidrs = prod ? Object.freeze([]) : LOCAL_CIDRS;
  const port = given.PORT ?? 8080;
  const { METRICS_USERNAME: username, METRICS_PASSWORD: password } = given;
  const { SMTP_URL: smtpUrl, MAIL_FROM: from } = given;
  return Object.freeze({
    environment,
    host: given.HOST ?? (prod ? "0.0.0.0" : "127.0.0.1"),
    port,
    baseUrl: given.BASE_URL ?? `http://localhost:${port}`,
    dbPath: given.DBURL ?? (prod ? "/data/webhooker.db" : "./data/webhooker.db"),
    dataDir: given.DATA_DIR ?? (prod ? "/data/events" : "./data"),
    secretKey: given.SECRET_KEY ?? null,
    secretKeyPrevious: given.SECRET_KEY_PREVIOUS ?? null,
    adminPassword: given.ADMIN_PASSWORD ?? null,
    requireSecondFactor: given.REQUIRE_SECOND_FACTOR ?? "none",
    invitations: given.INVITATIONS ?? "owners",
    sessions: Object.freeze({
      idleHours: given.SESSION_IDLE_HOURS ?? 14 * 24,
      maxDays: given.SESSION_MAX_DAYS ?? 90,
    }),
    oidc: oidcOf(given, localCidrs),
    passwordSignIn: given.PASSWORD_SIGN_IN !== "off",
    maxBodyBytes: given.MAX_BODY_BYTES ?? 25 * 1024 * 1024,
    publishRate: given.PUBLISH_RATE === 0 ? null : (given.PUBLISH_RATE ?? 1_000),
    retentionDays: given.RETENTION_DAYS ?? 30,
    sqlConsole: given.SQL_CONSOLE !== "off",
    checkpoints: given.CHECKPOINTS ?? "gateway",
    threads: given.UV_THREADPOOL_SIZE ?? POOL_THREADS,
    trustedProxies: given.TRUSTED_PROXIES ?? Object.freeze([]),
    allowedTargetCidrs: given.ALLOWED_TARGET_CIDRS ?? localCidrs,
    mail: smtpUrl === undefined || from === undefined ? null : Object.freeze({ smtpUrl, from }),
    metrics: username === undefined || password === undefined ? null : Object.freeze({ username, password }),
    traces: tracesOf(given),
    cluster: clusterOf(given, { hostName, port }),
    logLevel: given.LOG_LEVEL ?? "info",
    logFormat: given.LOG_FORMAT ?? (prod ? "json" : "text"),
  });
}
