/** The configuration: defaults, values, secrets from files, and faults with a hint. */
import { describe, expect, test } from "bun:test";
import { ConfigError, configVariables, environmentToStartWith, loadConfig } from "../src/config.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

function faultsOf(env: Record<string, string>, readFile?: (path: string) => string): ConfigError {
  try {
    loadConfig(env, readFile);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("defaults", () => {
  test("an empty environment is a working dev configuration", () => {
    expect(loadConfig({})).toEqual({
      environment: "dev",
      host: "127.0.0.1",
      port: 8080,
      baseUrl: "http://localhost:8080",
      dbPath: "./data/webhooker.db",
      dataDir: "./data",
      secretKey: null,
      secretKeyPrevious: null,
      adminPassword: null,
      requireSecondFactor: "none",
      invitations: "owners",
      sessions: { idleHours: 336, maxDays: 90 },
      oidc: null,
      passwordSignIn: true,
      maxBodyBytes: 26_214_400,
      publishRate: 1_000,
      retentionDays: 30,
      sqlConsole: true,
      checkpoints: "gateway",
      threads: 32,
      trustedProxies: [],
      allowedTargetCidrs: [
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
      ],
      mail: null,
      metrics: null,
      traces: null,
      cluster: null,
      logLevel: "info",
      logFormat: "text",
    });
  });

  test("prod listens on all addresses, keeps its files in /data and lets targets reach no private address", () => {
    const config = loadConfig({ WEBHOOKER_ENVIRONMENT: "prod" });
    expect(config).toMatchObject({
      host: "0.0.0.0",
      dbPath: "/data/webhooker.db",
      dataDir: "/data/events",
      allowedTargetCidrs: [],
      logFormat: "json",
    });
  });

  test("the base URL follows the port", () => {
    expect(loadConfig({ PORT: "9000" }).baseUrl).toBe("http://localhost:9000");
  });

  test("an empty value counts as not set", () => {
    const empty = Object.fromEntries(configVariables.map(({ name }) => [name, ""]));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  test("it is immutable", () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });
});

describe("values", () => {
  test("every variable is read", () => {
    const config = loadConfig({
      WEBHOOKER_ENVIRONMENT: "prod",
      HOST: "::1",
      PORT: "0",
      BASE_URL: "https://hooks.example.com/",
      DBURL: "/var/lib/main.db",
      DATA_DIR: "/var/lib/events",
      SECRET_KEY: KEY,
      ADMIN_PASSWORD: "correct horse",
      PASSWORD_SIGN_IN: "off",
      OIDC_ISSUER: "https://sso.example.com/realms/main",
      OIDC_CLIENT_ID: "webhooker",
      OIDC_CLIENT_SECRET: "s",
      OIDC_ALLOWED_DOMAINS: "Example.com, example.org",
      OIDC_NAME: "Keycloak",
      OIDC_SCOPES: "openid  email groups",
      OIDC_CREATE_USERS: "off",
      OIDC_GROUPS_CLAIM: "https://example.com/groups",
      OIDC_ADMIN_GROUPS: "ops, on call",
      OIDC_GROUP_TEAMS: "dev=Development,%2Feu%2Fops=Operations",
      OIDC_ALLOWED_CIDRS: "10.1.0.0/16",
      MAX_BODY_BYTES: "1000",
      PUBLISH_RATE: "0",
      RETENTION_DAYS: "7",
      SQL_CONSOLE: "off",
      CHECKPOINTS: "replicator",
      UV_THREADPOOL_SIZE: "7",
      TRUSTED_PROXIES: "10.0.0.1, 192.168.0.0/16",
      ALLOWED_TARGET_CIDRS: "169.254.169.254/32 fd00::/8",
      SMTP_URL: "smtps://user:pass@mail.example.com",
      MAIL_FROM: "hooks@example.com",
      METRICS_USERNAME: "prometheus",
      METRICS_PASSWORD: "p",
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example.com/in/",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%3Db, team=hooks",
      OTEL_SERVICE_NAME: "hooks",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod",
      OTEL_TRACES_SAMPLER: "traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "text",
    });
    expect(config).toEqual({
      environment: "prod",
      host: "::1",
      port: 0,
      baseUrl: "https://hooks.example.com",
      dbPath: "/var/lib/main.db",
      dataDir: "/var/lib/events",
      secretKey: new Uint8Array(32).fill(7),
      secretKeyPrevious: null,
      adminPassword: "correct horse",
      requireSecondFactor: "none",
      invitations: "owners",
      sessions: { idleHours: 336, maxDays: 90 },
      oidc: {
        issuer: "https://sso.example.com/realms/main",
        clientId: "webhooker",
        clientSecret: "s",
        name: "Keycloak",
        scopes: "openid email groups",
        allowedDomains: ["example.com", "example.org"],
        allowedCidrs: ["10.1.0.0/16"],
        createsUsers: false,
        groups: {
          claim: "https://example.com/groups",
          admins: ["ops", "on call"],
          teams: { dev: "Development", "/eu/ops": "Operations" },
        },
      },
      passwordSignIn: false,
      maxBodyBytes: 1000,
      publishRate: null,
      retentionDays: 7,
      sqlConsole: false,
      checkpoints: "replicator",
      threads: 7,
      trustedProxies: ["10.0.0.1/32", "192.168.0.0/16"],
      allowedTargetCidrs: ["169.254.169.254/32", "fd00::/8"],
      mail: { smtpUrl: "smtps://user:pass@mail.example.com", from: "hooks@example.com" },
      metrics: { username: "prometheus", password: "p" },
      traces: {
        endpoint: "https://otlp.example.com/in",
        headers: { "api-key": "a=b", team: "hooks" },
        serviceName: "hooks",
        resourceAttributes: { "deployment.environment": "prod" },
        sampler: "traceidratio",
        ratio: 0.25,
      },
      cluster: null,
      logLevel: "debug",
      logFormat: "text",
    });
  });

  test.each([
    ["./data/a.db", "./data/a.db"],
    ["file:./data/a%20b.db", "./data/a b.db"],
    ["file:///var/lib/a.db", "/var/lib/a.db"],
    ["sqlite:data/a.db", "data/a.db"],
    ["sqlite:///var/lib/a.db", "/var/lib/a.db"],
    ["C:\\data\\a.db", "C:\\data\\a.db"],
  ])("DBURL %p is the file %p", (url, path) => {
    expect(loadConfig({ DBURL: url }).dbPath).toBe(path);
  });

  test("a secret key may be base64url without padding", () => {
    const key = Buffer.alloc(32, 255).toString("base64url");
    expect(loadConfig({ SECRET_KEY: key }).secretKey).toEqual(new Uint8Array(32).fill(255));
  });

  test("the word none means an empty list of addresses", () => {
    expect(loadConfig({ ALLOWED_TARGET_CIDRS: "none" }).allowedTargetCidrs).toEqual([]);
  });
});

describe("the environment for restarting the program", () => {
  test("has the number of threads, and everything from before", () => {
    const env = { PORT: "1", HOME: "/root" };
    const next = environmentToStartWith(loadConfig(env), env);
    expect(next).toEqual({ ...env, UV_THREADPOOL_SIZE: "32" });
    expect(environmentToStartWith(loadConfig(next ?? {}), next ?? {})).toBeNull();
  });

  test.each(["2", "1024"])("is null if %p threads are set", (threads) => {
    const env = { UV_THREADPOOL_SIZE: threads };
    expect(environmentToStartWith(loadConfig(env), env)).toBeNull();
  });

  test("ends with a number in the runtime's form", () => {
    const env = { UV_THREADPOOL_SIZE: "0016" };
    expect(environmentToStartWith(loadConfig(env), env)).toEqual({ UV_THREADPOOL_SIZE: "16" });
  });
});

describe("secrets from files", () => {
  const files = new Map([
    ["/run/key", `${KEY}\n`],
    ["/run/password", "two words \r\n"],
    ["/run/empty", "\n"],
  ]);
  function readFile(path: string): string {
    const content = files.get(path);
    if (content === undefined) throw Object.assign(new Error("nope"), { code: "ENOENT" });
    return content;
  }

  test("FOO_FILE names a file with the value of FOO, without the trailing newline", () => {
    const config = loadConfig(
      { SECRET_KEY_FILE: "/run/key", ADMIN_PASSWORD_FILE: "/run/password" },
      readFile,
    );
    expect(config.secretKey).toEqual(new Uint8Array(32).fill(7));
    expect(config.adminPassword).toBe("two words ");
  });

  test("a missing or empty file, or a value beside its file, is a fault", () => {
    const { faults } = faultsOf(
      {
        SECRET_KEY_FILE: "/run/none",
        ADMIN_PASSWORD_FILE: "/run/empty",
        METRICS_USERNAME: "m",
        METRICS_PASSWORD: "p",
        METRICS_PASSWORD_FILE: "/run/password",
      },
      readFile,
    );
    expect(faults.map(({ variable, fault }) => `${variable} ${fault}`)).toEqual([
      "SECRET_KEY_FILE the file /run/none cannot be read (ENOENT)",
      "ADMIN_PASSWORD_FILE the file /run/empty is empty",
      "METRICS_PASSWORD is set together with METRICS_PASSWORD_FILE",
    ]);
  });

  test("only secrets are read from files", () => {
    expect(loadConfig({ PORT_FILE: "/run/none" }, readFile).port).toBe(8080);
  });
});

describe("faults", () => {
  test("all are reported at once, each with its variable, message and hint", () => {
    const error = faultsOf({ PORT: "80a", LOG_LEVEL: "loud", WEBHOOKER_ENVIRONMENT: "production" });
    expect(error.message).toBe(
      [
        "Invalid configuration:",
        '  WEBHOOKER_ENVIRONMENT: "production" is not an allowed value. Set dev or prod.',
        '  PORT: "80a" is not a whole number. Set a whole number from 0 to 65535.',
        '  LOG_LEVEL: "loud" is not an allowed value. Set debug, info, warn or error.',
      ].join("\n"),
    );
  });

  test.each([
    ["HOST", "http://x"],
    ["HOST", "a b"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["PORT", "8080.5"],
    ["BASE_URL", "hooks.example.com"],
    ["BASE_URL", "ftp://hooks.example.com"],
    ["BASE_URL", "https://hooks.example.com/path"],
    ["BASE_URL", "https://hooks.example.com/?"],
    ["BASE_URL", "https://me:pass@hooks.example.com"],
    ["DBURL", "postgres://localhost/webhooker"],
    ["DBURL", ":memory:"],
    ["DBURL", "file:"],
    ["DBURL", "file:a.db?mode=ro"],
    ["DBURL", "sqlite://a.db"],
    ["DBURL", "file:%zz"],
    ["DATA_DIR", "file:///data"],
    ["SECRET_KEY", "c2hvcnQ="],
    ["SECRET_KEY", "not base64 at all!"],
    ["ADMIN_PASSWORD", "short"],
    ["MAX_BODY_BYTES", "0"],
    ["MAX_BODY_BYTES", "25MB"],
    ["RETENTION_DAYS", "0"],
    ["RETENTION_DAYS", "999999999999999999999"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "10.0.0.1/8"],
    ["TRUSTED_PROXIES", "10.1"],
    ["TRUSTED_PROXIES", "fe80::1%eth0"],
    ["ALLOWED_TARGET_CIDRS", "localhost"],
    ["ALLOWED_TARGET_CIDRS", "10.0.0.0/8/8"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:pass@localhost:4318"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "api-key"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "api-key=%zz"],
    ["OTEL_TRACES_SAMPLER", "xray"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
    ["LOG_FORMAT", "JSON"],
  ])("%s=%p is refused by name", (name, value) => {
    const { faults } = faultsOf({ [name]: value });
    expect(faults).toEqual([{ variable: name, fault: expect.any(String), hint: expect.any(String) }]);
    expect(faults[0]?.hint).toStartWith("Set ");
  });

  test("a secret's value is never repeated", () => {
    const secrets = { SECRET_KEY: "hunter2hunter2", ADMIN_PASSWORD: "hunter2", METRICS_PASSWORD: "hunter2" };
    const { message } = faultsOf({
      ...secrets,
      BASE_URL: "https://me:hunter2@x",
      DBURL: "mysql://me:hunter2@x",
    });
    expect(message).not.toContain("hunter2");
  });

  test("an OpenID Connect provider needs its client and who may sign in, and passwords end only beside one", () => {
    const missing = (env: Record<string, string>) => faultsOf(env).faults.map(({ variable }) => variable);
    const client = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ALLOWED_DOMAINS"];
    expect(missing({ OIDC_ISSUER: "https://sso.example.com" })).toEqual(client);
    expect(missing({ OIDC_CLIENT_ID: "x" })).toEqual(["OIDC_ISSUER", ...client.slice(1)]);
    expect(missing({ PASSWORD_SIGN_IN: "off" })).toEqual(["OIDC_ISSUER"]);
    expect(missing({ PASSWORD_SIGN_IN: "off", OIDC_CLIENT_ID: "x" })).toEqual([
      "OIDC_ISSUER",
      ...client.slice(1),
    ]);
    const rest = { OIDC_CLIENT_ID: "x", OIDC_CLIENT_SECRET: "s", OIDC_ALLOWED_DOMAINS: "any" };
    for (const issuer of [
      "http://sso.example.com",
      "https://u:p@sso.example.com",
      "https://x/?y",
      "sso",
      "ftp://x",
    ]) {
      expect(missing({ ...rest, OIDC_ISSUER: issuer })).toEqual(["OIDC_ISSUER"]);
    }
    const { oidc } = loadConfig({ ...rest, OIDC_ISSUER: "http://localhost:9000/" });
    expect(oidc).toMatchObject({
      issuer: "http://localhost:9000/",
      allowedDomains: null,
      createsUsers: true,
    });
    const faulty = { OIDC_ALLOWED_DOMAINS: "@example.com", OIDC_SCOPES: "email", OIDC_ADMIN_GROUPS: " , " };
    expect(missing({ ...rest, OIDC_ISSUER: "https://x", ...faulty })).toEqual([
      "OIDC_ALLOWED_DOMAINS",
      "OIDC_SCOPES",
      "OIDC_ADMIN_GROUPS",
    ]);
  });

  test("one of the metrics credentials requires the other", () => {
    expect(faultsOf({ METRICS_USERNAME: "m" }).faults).toMatchObject([{ variable: "METRICS_PASSWORD" }]);
    expect(faultsOf({ METRICS_PASSWORD: "p" }).faults).toMatchObject([{ variable: "METRICS_USERNAME" }]);
  });
});
