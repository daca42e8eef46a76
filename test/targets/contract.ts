/** Contract of target types: one suite, run against each of them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig, REDACTED, redactConfig, sealConfig } from "../../src/settings/sealed-config.ts";
import type { Outcome, Released } from "../../src/targets/target-type.ts";
import type { Receiver } from "../support/receiver.ts";
import { attemptOf, event, startTargetBench, type TargetBench } from "./target-bench.ts";

export function describeTargetContract(options: {
  type: string;
  /** A complete config that reaches the receiver. */
  config: (receiver: Receiver) => Record<string, unknown>;
  /** Texts in that config that must stay secret. */
  secrets: readonly string[];
  /** Responses that mean success. */
  success: { status: number; body: string };
  /** True if the type calls another machine, and so can fail to. */
  remote: boolean;
  /** Does what a program has to for the type to deliver. */
  attend?: (bench: TargetBench) => void;
}): void {
  const owner = "targets:0190a000-0000-7000-8000-000000000004";
  const keys = createKeyRing(new Uint8Array(32).fill(7));
  let bench: Awaited<ReturnType<typeof startTargetBench>>;
  let config: Record<string, unknown>;

  beforeEach(async () => {
    bench = await startTargetBench(options.type);
    bench.receiver.answerWith(options.success);
    options.attend?.(bench);
    config = options.config(bench.receiver);
  });
  afterEach(() => bench.stop());

  const expectNoSecret = (text: string) => {
    for (const secret of options.secrets) expect(text).not.toContain(secret);
  };

  describe(`the ${options.type} target keeps the contract`, () => {
    test("it describes itself", () => {
      const { type, label, description } = bench.type;
      expect(type).toMatch(/^[a-z]+$/);
      expect(label).toMatch(/^[A-Z]/);
      expect(description).toMatch(/^[A-Z].*\.$/);
    });

    test("its fields are its schema's keys, and each has a fitting kind", () => {
      const schema = z.object({
        properties: z.record(z.string(), z.object({ type: z.string().optional() })),
      });
      const { properties } = schema.parse(z.toJSONSchema(bench.type.configSchema, { io: "input" }));
      expect(bench.type.fields.map((field) => field.name)).toEqual(Object.keys(properties));
      const types: Partial<Record<string, string>> = {
        number: "integer",
        checkbox: "boolean",
        headers: "object",
        list: "array",
      };
      for (const { name, kind, label } of bench.type.fields) {
        expect(properties[name]?.type).toBe(types[kind] ?? "string");
        expect(label).not.toBe("");
      }
    });

    test("its schema accepts the config and its own result unchanged, and refuses unknown fields", () => {
      const parsed = bench.type.configSchema.parse(config);
      expect(bench.type.configSchema.parse(parsed)).toEqual(parsed);
      expect(bench.type.configSchema.safeParse({ ...config, unknown: 1 }).success).toBe(false);
      for (const wrong of [null, [], "text", 1]) {
        expect(bench.type.configSchema.safeParse(wrong).success).toBe(false);
      }
      for (const field of bench.type.fields) {
        const { [field.name]: _, ...rest } = config;
        expect([field.name, bench.type.configSchema.safeParse(rest).success]).toEqual([
          field.name,
          field.required !== true,
        ]);
      }
    });

    test("its secrets are sealed at rest, and open to their original values", () => {
      const parsed = bench.type.configSchema.parse(config);
      const sealed = sealConfig({ type: bench.type, config: parsed, owner, keys });
      expectNoSecret(JSON.stringify(sealed));
      const opened: unknown = openConfig({ type: bench.type, config: sealed, owner, keys });
      expect(opened).toEqual(parsed);
    });

    test("its secrets are shown neither in its summary nor in its redacted config, sealed or open", () => {
      const parsed = bench.type.configSchema.parse(config);
      const sealed = sealConfig({ type: bench.type, config: parsed, owner, keys });
      expectNoSecret(bench.type.summarize(parsed));
      expect(bench.type.summarize(parsed)).not.toBe("");
      expectNoSecret(JSON.stringify(redactConfig({ type: bench.type, config: parsed })));
      expect(redactConfig({ type: bench.type, config: sealed })).toEqual(
        redactConfig({ type: bench.type, config: parsed }),
      );
      if (options.secrets.length > 0) {
        expect(JSON.stringify(redactConfig({ type: bench.type, config: sealed }))).toContain(REDACTED);
      }
    });

    test("it delivers", async () => {
      expect((await bench.type.deliver(attemptOf(config))).kind).toBe("delivered");
    });

    test("it delivers an event without a body, and one whose body is not text", async () => {
      for (const body of [new Uint8Array(), new Uint8Array([0xff, 0x00, 0xfe])]) {
        const outcome = await bench.type.deliver(attemptOf(config, { event: { ...event, body } }));
        expect(outcome.kind).toBe("delivered");
      }
    });

    test("invalid settings are an outcome, not an exception", async () => {
      for (const wrong of [null, { unknown: 1 }, "text"]) {
        expect(await bench.type.deliver(attemptOf(wrong))).toMatchObject({ kind: "failed", retryable: true });
        expect(bench.type.summarize(wrong)).toContain("not valid");
      }
    });

    if (!options.remote) return;

    const failures: [what: string, arrange: (receiver: Receiver) => unknown][] = [
      ["is gone", (receiver) => receiver.close()],
      ["resets the connection", (receiver) => receiver.answerWith({ reset: true })],
      ["does not speak HTTP", (receiver) => receiver.answerWith({ raw: "hello\r\n\r\n" })],
      ["answers 500", (receiver) => receiver.answerWith({ status: 500, body: "oops" })],
      ["answers 404", (receiver) => receiver.answerWith({ status: 404 })],
      ["answers 410", (receiver) => receiver.answerWith({ status: 410 })],
    ];
    for (const [what, arrange] of failures) {
      test(`a receiver that ${what} is a retryable failure, with a message without secrets`, async () => {
        await arrange(bench.receiver);
        const outcome = failed(await bench.type.deliver(attemptOf(config)));
        expect(outcome.retryable).toBe(true);
        expect(outcome.error).not.toBe("");
        expectNoSecret(outcome.error);
        if (what === "is gone") bench = await startTargetBench(options.type);
      });
    }

    test("a redirect is a failure whose message says that it is not followed", async () => {
      bench.receiver.answerWith({ status: 302, headers: { location: `${bench.receiver.url}/other` } });
      const outcome = failed(await bench.type.deliver(attemptOf(config)));
      expect(outcome.error).toBe("HTTP 302: redirects are not followed");
      expect(outcome.response?.statusCode).toBe(302);
      expect(bench.receiver.requests).toHaveLength(1);
    });

    for (const [status, header, wait] of [
      [429, "7", 7_000],
      [503, "Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
      [500, "7", undefined],
    ] as const) {
      test(`Retry-After with ${status} is ${wait === undefined ? "ignored" : `${wait} ms`}`, async () => {
        bench.receiver.answerWith({ status, headers: { "retry-after": header } });
        expect(failed(await bench.type.deliver(attemptOf(config))).retryAfterMs).toBe(wait);
      });
    }

    test("an abort ends an attempt that waits for its response", async () => {
      bench.receiver.answerWith({ hang: true });
      const controller = new AbortController();
      const outcome = bench.type.deliver(attemptOf(config, { signal: controller.signal }));
      await bench.receiver.waitFor(1);
      controller.abort();
      expect(failed(await outcome).retryable).toBe(true);
    });

    test("an abort before the attempt sends nothing", async () => {
      const outcome = await bench.type.deliver(attemptOf(config, { signal: AbortSignal.abort() }));
      expect(failed(outcome).response).toBeNull();
      expect(bench.receiver.connections()).toBe(0);
    });

    test("64 KiB of a long response are kept", async () => {
      bench.receiver.answerWith({ status: 500, body: "x".repeat(70_000) });
      const { response } = failed(await bench.type.deliver(attemptOf(config)));
      expect([response?.body.byteLength, response?.bodyTruncated]).toEqual([64 * 1024, true]);
    });
  });
}

export function failed(outcome: Outcome | Released): Extract<Outcome, { kind: "failed" }> {
  if (outcome.kind !== "failed") throw new Error("it was delivered");
  return outcome;
}
