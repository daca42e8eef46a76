import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { addClusterCommands } from "../../src/cli/cluster/cluster-commands.ts";
import { loadConfig } from "../../src/config.ts";
import { variableEntries } from "../../src/config-variables.ts";
import { isHealthPath } from "../../src/http/health.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { findChapter } from "../../src/manual/chapters.ts";
import { makeTestFolder } from "../support/folder.ts";

const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const manifest = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string() }),
  spec: z.looseObject({
    ports: z
      .array(z.object({ name: z.string(), port: z.number(), targetPort: z.string().optional() }))
      .optional(),
    serviceName: z.string().optional(),
    replicas: z.number().optional(),
    template: z
      .object({
        spec: z.object({
          containers: z.tuple([
            z.object({
              args: z.array(z.string()).default([]),
              env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
              ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
              startupProbe: probe,
              readinessProbe: probe,
              livenessProbe: probe,
              volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
            }),
          ]),
        }),
      })
      .optional(),
    volumeClaimTemplates: z
      .tuple([
        z.object({
          spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
        }),
      ])
      .optional(),
  }),
});

const text = findChapter("cluster-kubernetes")?.text ?? "";
const blocksOf = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, block]) => block ?? "");
/** As YAML 1.1, which kubectl reads. */
const documents = blocksOf("yaml").flatMap((block) => [...parseAllDocuments(block, { version: "1.1" })]);
const manifests = documents.map((document) => manifest.parse(document.toJS()));
const shell = blocksOf("sh").join("").replaceAll("\\\n", "");

const folder = makeTestFolder("kubernetes");
const files = join(folder, "cluster");
const variables: Record<string, string> = {};

/** Runs the command that the chapter begins with. */
beforeAll(async () => {
  const out: string[] = [];
  const program = new Command();
  const io = { err: () => undefined, loadConfig: () => loadConfig({}), clock: systemClock };
  addClusterCommands(program, { ...io, out: (line) => out.push(line) });
  const [, words = ""] = /^webhooker (cluster init .*?) *> cluster\.env$/m.exec(shell) ?? [];
  const asked = words.split(/ +/).map((word) => (word === "cluster" ? files : word));
  await program.parseAsync(["cluster", ...asked.slice(1)], { from: "user" });
  for (const line of out.filter((each) => !each.startsWith("#"))) {
    const [name = "", value = ""] = line.split("=");
    variables[name] = value;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function stateful(name: string) {
  const found = manifests.find((each) => each.kind === "StatefulSet" && each.metadata.name === name);
  const { spec } = found ?? {};
  const container = spec?.template?.spec.containers[0];
  if (spec === undefined || container === undefined) throw new Error(`there is no StatefulSet ${name}`);
  const pods = Array.from({ length: spec.replicas ?? 0 }, (_, n) => `${name}-${n}`);
  return { spec, container, pods, storage: spec.volumeClaimTemplates?.[0].spec.resources.requests.storage };
}

function service(name: string) {
  return manifests.find((each) => each.kind === "Service" && each.metadata.name === name)?.spec.ports ?? [];
}

/** Names of the files in a secret that the chapter has made. */
function secretFiles(name: string): readonly string[] {
  const [, options = ""] = new RegExp(`^kubectl create secret generic ${name} (.*)$`, "m").exec(shell) ?? [];
  return [...options.matchAll(/--from-file=(\S+)/g)].map(([, path]) => basename(path ?? ""));
}

describe("the manual's manifests for Kubernetes", () => {
  test("are YAML without faults, and all that a cluster needs", () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      ...["Service nats", "PodDisruptionBudget nats", "StatefulSet nats"],
      ...["Service webhooker", "Service webhooker-nodes"],
      ...["PodDisruptionBudget webhooker", "StatefulSet webhooker"],
    ]);
  });

  test("give each NATS server the file that `cluster init` wrote for it", () => {
    const { container, pods, spec, storage } = stateful("nats");
    const written = readdirSync(files).filter((name) => name.endsWith(".conf"));
    expect(secretFiles("nats").toSorted()).toEqual(written.toSorted());
    const [, path = ""] = container.args;
    expect(pods.map((pod) => path.replace("$(POD_NAME)", pod))).toEqual(
      written.toSorted().map((name) => `/etc/nats/${name}`),
    );
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(["/data", "/etc/nats"]);
    const config = readFileSync(join(files, written[0] ?? ""), "utf8");
    expect(config).toContain('store_dir: "/data/');
    const [, bytes] = /max_file_store: (\d+)/.exec(config) ?? [];
    expect(Number.parseInt(storage ?? "", 10) * 1024 ** 3).toBeGreaterThan(Number(bytes));
    const listened = [...config.matchAll(/listen: "0\.0\.0\.0:(\d+)"/g)].map(([, port]) => Number(port));
    expect(listened).toEqual([4222, 6222]);
    expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([...listened, 8222]);
    expect(service("nats").map(({ port }) => port)).toEqual(listened);
    expect(variables.CLUSTER_URL).toBe(`nats://${pods.map((pod) => `${pod}.${spec.serviceName}`).join(",")}`);
  });

  test("give each gateway variables that it knows, and the files that they name", () => {
    const { container, spec } = stateful("webhooker");
    const own = container.env.map(({ name, value = "" }) => [
      name,
      value.replace("$(CLUSTER_NODE)", "webhooker-0"),
    ]);
    // The image sets the first one.
    const given: Record<string, string> = {
      WEBHOOKER_ENVIRONMENT: "prod",
      ...variables,
      ...Object.fromEntries(own),
      CLUSTER_NODE: "webhooker-0",
    };
    const known = new Set(
      variableEntries.flatMap(([name, { secret }]) => [name, ...(secret ? [`${name}_FILE`] : [])]),
    );
    expect(Object.keys(given).filter((name) => !known.has(name))).toEqual([]);
    const read: string[] = [];
    const { cluster, port, dbPath, dataDir } = loadConfig(given, (path) => {
      read.push(path);
      const name = basename(path);
      if (name === "secret.key") return Buffer.alloc(32, 7).toString("base64");
      return name === "admin.password" ? "0123456789abcdef01234567" : readFileSync(join(files, name), "utf8");
    });
    expect(read.toSorted()).toEqual(
      secretFiles("webhooker")
        .map((name) => `/etc/webhooker/${name}`)
        .toSorted(),
    );
    const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(mounts).toEqual(["/data", "/etc/webhooker", "/tmp"]);
    expect([dbPath, dataDir].every((path) => path.startsWith("/data/"))).toBe(true);
    expect(cluster?.advertise).toBe(`http://webhooker-0.${spec.serviceName}:${port}`);
    expect(container.ports).toEqual([{ name: "http", containerPort: port }]);
    expect(service("webhooker").map(({ targetPort }) => targetPort)).toEqual(["http"]);
    expect(service("webhooker-nodes").map((each) => each.port)).toEqual([port]);
  });

  test("ask gateways at paths that tell of their health", () => {
    const { startupProbe, readinessProbe, livenessProbe } = stateful("webhooker").container;
    const asked = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet);
    expect(asked.map(({ path }) => path)).toEqual(["/livez", "/readyz", "/livez"]);
    expect(asked.every(({ path, port }) => isHealthPath(path) && port === "http")).toBe(true);
  });
});
