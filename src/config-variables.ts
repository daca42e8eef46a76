/**
 * Describes each environment variable for people: the tables of the README and the manual, the help, and the hints of
 * faults.
 */
import { clusterVariables } from "./config-cluster.ts";
import { oidcVariables } from "./config-oidc.ts";

type Variable = Readonly<{
  meaning: string;
  default: string;
  /** Never shown, and read from the file that NAME_FILE names, too. */
  secret?: true;
  /** Listed by `--help` itself; `webhooker help env` lists them all. */
  core?: true;
  /** Ends the line of a fault: what to set instead. */
  hint: string;
}>;

const BASE64_KEY_HINT = "Set 32 random bytes in base64, such as `openssl rand -base64 32` prints.";
const CIDRS_HINT = "Set CIDRs separated by commas, such as 10.0.0.0/8,192.168.1.7/32, or none.";
const MAIL_HINT =
  "Set SMTP_URL, such as smtp://user:password@mail.example.com:587, and MAIL_FROM together, or neither.";
const METRICS_HINT = "Set METRICS_USERNAME and METRICS_PASSWORD together, or neither.";
const PAIRS_HINT = "Set key=value pairs separated by commas, such as api-key=abc,team=payments.";

export const variables = {
  WEBHOOKER_ENVIRONMENT: {
    meaning: "`dev` for a first look and for work on a laptop, `prod` for a server; sets other defaults",
    default: "dev",
    core: true,
    hint: "Set dev or prod.",
  },
  HOST: {
    meaning: "Address to listen on",
    default: "127.0.0.1 (dev), 0.0.0.0 (prod)",
    core: true,
    hint: "Set an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
  },
  PORT: {
    meaning: "Port to listen on; 0 takes any free one",
    default: "8080",
    core: true,
    hint: "Set a whole number from 0 to 65535.",
  },
  BASE_URL: {
    meaning: "The address under which senders reach the gateway; entrypoint URLs begin with it",
    default: "http://localhost:PORT",
    core: true,
    hint: "Set scheme, host and port only, such as https://hooks.example.com.",
  },
  DBURL: {
    meaning: "The main database: a path, or a `file:` or `sqlite:` URL",
    default: "./data/webhooker.db (dev), /data/webhooker.db (prod)",
    core: true,
    hint: "Set a file, such as ./data/webhooker.db or sqlite:///data/webhooker.db.",
  },
  DATA_DIR: {
    meaning: "The folder of the event files, one for each webhook",
    default: "./data (dev), /data/events (prod)",
    core: true,
    hint: "Set a folder, such as ./data.",
  },
  SECRET_KEY: {
    meaning: "The key that sessions and sealed secrets derive from: 32 bytes in base64",
    default: "made at the first start, kept in a file beside the main database",
    secret: true,
    core: true,
    hint: BASE64_KEY_HINT,
  },
  SECRET_KEY_PREVIOUS: {
    meaning:
      "The key before SECRET_KEY, until `webhooker secret-key rotate` has sealed all secrets with the new one",
    default: "",
    secret: true,
    hint: BASE64_KEY_HINT,
  },
  ADMIN_PASSWORD: {
    meaning: "Password of the first user, `admin`; read at the first start only",
    default: "a random one, printed once",
    secret: true,
    core: true,
    hint: "Set at least 10 characters.",
  },
  REQUIRE_SECOND_FACTOR: {
    meaning: "Who must sign in with a second factor: `none`, `admins` or `everyone`",
    default: "none",
    hint: "Set none, admins or everyone.",
  },
  INVITATIONS: {
    meaning: "Who may invite people: `owners` of webhooks too, or `admins` alone",
    default: "owners",
    hint: "Set owners or admins.",
  },
  SESSION_IDLE_HOURS: {
    meaning: "Hours without use after which a browser is signed out",
    default: "336",
    hint: "Set a whole number from 1 to 8760.",
  },
  SESSION_MAX_DAYS: {
    meaning: "Days after a sign-in when a browser is signed out, however much it is used",
    default: "90",
    hint: "Set a whole number from 1 to 365.",
  },
  ...oidcVariables,
  MAX_BODY_BYTES: {
    meaning: "Largest accepted body, in bytes; a larger one gets 413",
    default: "26214400",
    hint: "Set a whole number from 1 to 536870912.",
  },
  PUBLISH_RATE: {
    meaning: "Events that each API key may publish per second; 0 for any number",
    default: "1000",
    hint: "Set a whole number from 0 to 100000.",
  },
  RETENTION_DAYS: {
    meaning: "Days that events are kept, unless the webhook sets its own",
    default: "30",
    hint: "Set a whole number from 1 to 36500.",
  },
  SQL_CONSOLE: {
    meaning: "`on` lets editors of a webhook run SQL on its events; `off` disables it for everyone",
    default: "on",
    hint: "Set on or off.",
  },
  CHECKPOINTS: {
    meaning:
      "Copies the write-ahead logs back into the databases: `gateway`, or `replicator` (Litestream and the like)",
    default: "gateway",
    hint: "Set gateway or replicator.",
  },
  UV_THREADPOOL_SIZE: {
    meaning: "Threads for the disk and for other work beside the event loop; a slow disk needs many",
    default: "32",
    hint: "Set a whole number from 2 to 1024.",
  },
  TRUSTED_PROXIES: {
    meaning:
      "CIDRs of the reverse proxies whose `X-Forwarded-For` is trusted, with or without ports and brackets; a sender that they report without an address (`unknown`) is in no list of networks",
    default: "none",
    hint: CIDRS_HINT,
  },
  ALLOWED_TARGET_CIDRS: {
    meaning: "CIDRs of private and loopback addresses that targets may reach; `none` allows none",
    default: "loopback and private networks (dev), none (prod)",
    hint: CIDRS_HINT,
  },
  SMTP_URL: {
    meaning: "Mail server for notices and links: `smtp://` or `smtps://`, with user name and password",
    default: "",
    secret: true,
    hint: MAIL_HINT,
  },
  MAIL_FROM: {
    meaning: "Sender address of e-mail",
    default: "",
    hint: MAIL_HINT,
  },
  METRICS_USERNAME: {
    meaning: "User name for `/metrics`, which is disabled without it",
    default: "",
    hint: METRICS_HINT,
  },
  METRICS_PASSWORD: {
    meaning: "Password for `/metrics`",
    default: "",
    secret: true,
    hint: METRICS_HINT,
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    meaning: "OpenTelemetry collector for traces, by OTLP over HTTP; without it nothing is traced",
    default: "",
    hint: "Set a URL, such as http://localhost:4318.",
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    meaning: "Headers for the collector: `key=value`, separated by commas, percent-encoded",
    default: "",
    secret: true,
    hint: PAIRS_HINT,
  },
  OTEL_SERVICE_NAME: {
    meaning: "Name of the gateway in traces",
    default: "webhooker",
    hint: "Set a name.",
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    meaning: "Further attributes of the gateway in traces, such as `deployment.environment=prod`",
    default: "",
    hint: PAIRS_HINT,
  },
  OTEL_TRACES_SAMPLER: {
    meaning:
      "Traces to send: `always_on`, `always_off` or `traceidratio`; with `parentbased_` before it the sender's decision counts, if there is one",
    default: "parentbased_always_on",
    hint: "Set parentbased_always_on, parentbased_always_off, parentbased_traceidratio, always_on, always_off or traceidratio.",
  },
  OTEL_TRACES_SAMPLER_ARG: {
    meaning: "Share of traces that `traceidratio` sends, from 0 to 1",
    default: "1",
    hint: "Set a number from 0 to 1, such as 0.1.",
  },
  ...clusterVariables,
  LOG_LEVEL: {
    meaning: "Lowest level that is logged: `debug`, `info`, `warn` or `error`",
    default: "info",
    hint: "Set debug, info, warn or error.",
  },
  LOG_FORMAT: {
    meaning: "`json` for machines, `text` for people",
    default: "text (dev), json (prod)",
    hint: "Set json or text.",
  },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

export const variableEntries: readonly (readonly [string, Variable])[] = Object.entries<Variable>(variables);
