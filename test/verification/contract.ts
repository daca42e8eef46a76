/** The contract suite that runs against every verification provider. */
import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig, REDACTED, redactConfig, sealConfig } from "../../src/settings/sealed-config.ts";
import type { ReceivedRequest, Verifier } from "../../src/verification/provider.ts";
import { hideSecret, isSecretHidden } from "../../src/verification/sender-secret.ts";
import { createTestProviders } from "../support/providers.ts";
import { NOW, requestOf, type Sample, type Sent, type Signing, URL_CALLED } from "./sample.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function describeProviderContract(sample: Sample, providers = createTestProviders()): void {
  const provider = providers.get(sample.type);
  const { current, next, wrong } = sample.keys;
  const verifier = (config = sample.config(current)): Verifier => provider.prepare(config);
  const signed = async (changes: Partial<Omit<Signing, "body">> & { body?: string | Uint8Array } = {}) => {
    const { body = sample.body } = changes;
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    return sample.sign({ at: NOW, key: current, url: URL_CALLED, ...changes, body: bytes });
  };
  const isAccepted = async (sent: Sent, changes: Partial<ReceivedRequest> = {}, by = verifier()) =>
    (await by.verify(requestOf(sent, changes))).accepted;
  const reasonOf = async (sent: Sent, by = verifier()) => {
    const verdict = await by.verify(requestOf(sent));
    return verdict.accepted ? null : verdict.reason;
  };
  const withHeader = (sent: Sent, name: string, value: string | null): Sent => {
    const rest = Object.entries(sent.headers).filter(([each]) => each.toLowerCase() !== name.toLowerCase());
    return { ...sent, headers: Object.fromEntries(value === null ? rest : [...rest, [name, value]]) };
  };

  describe(`${sample.type} keeps the contract`, () => {
    test("it has a type, a label and a description", () => {
      expect(provider.type).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(provider.label).toMatch(/^(?:[A-Z]|eBay$)/);
      expect(provider.description).toMatch(/^[A-Z].*\.$/);
    });

    test("its form fields are exactly its schema's keys", () => {
      const shape = z.object({ properties: z.record(z.string(), z.unknown()) });
      const { properties } = shape.parse(z.toJSONSchema(provider.configSchema, { io: "input" }));
      expect(provider.fields.map(({ name }) => name).sort()).toEqual(Object.keys(properties).sort());
      const parsed = provider.configSchema.parse(sample.config(current, next));
      expect(provider.configSchema.parse(parsed)).toEqual(parsed);
      for (const other of [{ ...sample.config(current), unknown: 1 }, null, [], "text"])
        expect(provider.configSchema.safeParse(other).success).toBe(false);
      expect(provider.configSchema.safeParse({}).success).toBe(sample.takesNoSecret === true);
    });

    test("its secrets are encrypted at rest, decrypt to the same text, and are never shown", () => {
      const owner = "entrypoints:3f1d8f60-5d0c-4f4e-9a55-0a3b8f6a2c11";
      const keys = createKeyRing(new Uint8Array(32).fill(7));
      const config = provider.configSchema.parse(sample.config(current, next));
      const sealed = sealConfig({ type: provider, config, owner, keys });
      expect(openConfig({ type: provider, config: sealed, owner, keys }) as unknown).toEqual(config);
      const shown = JSON.stringify([sealed, redactConfig({ type: provider, config: sealed })]);
      for (const key of [current, next])
        expect(shown.includes(JSON.stringify(key).slice(1, -1))).toBe(sample.isPublic === true);
      const hasSecret = provider.fields.some(
        ({ name, secret }) => secret && name in z.object().loose().parse(config),
      );
      expect(shown.includes(REDACTED)).toBe(hasSecret);
      expect(hasSecret || sample.isPublic === true).toBe(true);
    });

    test("it accepts valid signatures, and reads the event's type and id", async () => {
      const sent = await signed();
      expect(await reasonOf(sent)).toBeNull();
      const request = requestOf(sent);
      expect(verifier().eventType(request)).toBe(sample.eventType);
      expect(verifier().duplicateId(request)).toBe(sample.duplicateId);
    });

    if (sample.official) {
      const { official } = sample;
      test("it accepts what the provider's own library accepts", async () => {
        const at = Date.now();
        const body = encoder.encode(sample.body);
        const signing = { body, at, key: current, url: URL_CALLED };
        const sent = await sample.sign(signing);
        expect(await official(sent, signing)).toBe(true);
        expect(await isAccepted(sent, { receivedAt: at })).toBe(true);
        const tampered = { ...sent, body: encoder.encode(`${sample.body} `) };
        expect([await official(tampered, signing), await isAccepted(tampered, { receivedAt: at })]).toEqual([
          false,
          false,
        ]);
      });
    }

    test("it refuses another key's signature, with a reason that contains no secret", async () => {
      const reason = await reasonOf(await signed({ key: wrong }));
      expect(reason).toMatch(/^[A-Z].*[.?]$/);
      for (const secret of [current, wrong]) expect(reason).not.toContain(secret);
    });

    if (sample.signsBody) {
      test("it refuses a body that was changed, truncated or extended", async () => {
        const sent = await signed();
        const bytes = sent.body;
        const flipped = bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));
        for (const body of [flipped, bytes.slice(1), bytes.slice(0, -1), new Uint8Array([...bytes, 10])])
          expect(await isAccepted({ ...sent, body })).toBe(false);
      });

      test("it verifies the exact bytes, also if they are not text", async () => {
        if (sample.refusesEmpty) return;
        const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
        const reason = await reasonOf(await signed({ body: bytes }));
        if (sample.signsText) expect(reason).toContain("not valid UTF-8");
        else expect(reason).toBeNull();
      });
    }

    test("it refuses a request that lacks a header, and names it", async () => {
      for (const name of sample.headers) {
        const reason = await reasonOf(withHeader(await signed(), name, null));
        expect(reason?.toLowerCase()).toContain(name.toLowerCase());
      }
    });

    if (sample.toleranceSeconds !== null) {
      const { toleranceSeconds: seconds } = sample;
      test(`it accepts a timestamp ${seconds} s away, past or future, and none further away`, async () => {
        for (const direction of [-1, 1]) {
          const near = await signed({ at: NOW + direction * (seconds - 2) * 1_000 });
          expect(await reasonOf(near)).toBeNull();
          const far = await signed({ at: NOW + direction * (seconds + 2) * 1_000 });
          expect(await reasonOf(far)).toContain(direction === -1 ? "s old" : "s in the future");
        }
      });

      test("the entrypoint's owner can change the tolerance", async () => {
        const sent = await signed({ at: NOW - 30_000 });
        const by = (tolerance_seconds: number) => verifier({ ...sample.config(current), tolerance_seconds });
        expect(await isAccepted(sent, {}, by(20))).toBe(false);
        expect(await isAccepted(sent, {}, by(40))).toBe(true);
        const old = await signed({ at: NOW - 3_600_000 });
        expect(await isAccepted(old, {}, by(4_000))).toBe(true);
      });
    }

    test("both keys are valid during a rotation, and the old one is not after it", async () => {
      const rotating = verifier(sample.config(next, current));
      for (const key of [current, next])
        expect(await isAccepted(await signed({ key }), {}, rotating)).toBe(true);
      expect(await isAccepted(await signed({ key: wrong }), {}, rotating)).toBe(false);
      const rotated = verifier(sample.config(next));
      expect(await isAccepted(await signed({ key: next }), {}, rotated)).toBe(true);
      expect(await isAccepted(await signed({ key: current }), {}, rotated)).toBe(false);
    });

    if (sample.signatureHeader !== null) {
      const name = sample.signatureHeader;
      test("it refuses a signature that is malformed or of another length", async () => {
        const sent = await signed();
        const right = new Headers(sent.headers).get(name) ?? "";
        const values = [
          ...["", " ", "=", ",", ";", "v1", "v1,", "v1=", "t=,v1=", "sha256=", "sha256=zz", "null"],
          ...[right.slice(0, -4), right.slice(0, -8), right.slice(2), `${right}ab`, `${right}====`],
          ...["\u00ff\u00fe", "%s%n", "' OR 1=1 --", "<script>", "a".repeat(5_000), "=".repeat(5_000)],
          ...["v1,".repeat(1_000), "v1=,".repeat(1_000), "t=1,".repeat(1_000), "AAAA".repeat(16)],
        ];
        for (const value of values) {
          const reason = await reasonOf(withHeader(sent, name, value));
          expect([value, typeof reason]).toEqual([value, "string"]);
        }
      });
    }

    test("it accepts or refuses an empty body without failing", async () => {
      const sent = await signed({ body: "" });
      expect(await isAccepted(sent)).toBe(sample.refusesEmpty !== true);
      const unsigned = { headers: {}, body: new Uint8Array() };
      expect(await isAccepted(unsigned)).toBe(false);
    });

    test("it does not fail for hostile bodies, signed or not", async () => {
      const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
      const bodies = [
        "{",
        "null",
        "[]",
        '"text"',
        "1e999",
        nested,
        '{"__proto__":{"type":"x"},"id":{}}',
        "\0",
      ];
      const types = ['{"type":[1],"id":true}', `{"type":"${"x".repeat(5_000)}","id":-1}`, '{"value":[null]}'];
      for (const body of [...bodies, ...types, '{"signature":{"token":[],"timestamp":{},"signature":1}}']) {
        for (const sent of [await signed({ body }), { headers: {}, body: encoder.encode(body) }]) {
          const request = requestOf(sent);
          expect(typeof (await verifier().verify(request)).accepted).toBe("boolean");
          verifier().unsignedHandshake?.(request);
          await verifier().signedHandshake?.(request);
          for (const value of [verifier().eventType(request), verifier().duplicateId(request)])
            expect(value === null || (value !== "" && value.length <= 250)).toBe(true);
        }
      }
    });

    if (sample.isPublic !== true) {
      test("stored requests contain no secret, and cannot be replayed if they carried one", async () => {
        const request = requestOf(await signed());
        const { shown, hidden } = hideSecret(request, verifier().secretPlace);
        const words = [...shown.headers].flatMap(([, value]) => value.split(/\s+/));
        const texts = [...words, ...words.map((word) => Buffer.from(word, "base64").toString()), shown.query];
        for (const text of texts) {
          expect(text).not.toContain(current);
          expect(text).not.toContain(encodeURIComponent(current));
        }
        if (hidden === null) return;
        expect(isSecretHidden(shown, verifier().secretPlace)).toBe(true);
        expect((await verifier().verify(shown)).accepted).toBe(false);
      });
    }

    test("it does not mistake ordinary events for handshakes", async () => {
      const request = requestOf(await signed());
      expect(verifier().unsignedHandshake?.(request) ?? null).toBeNull();
      expect((await verifier().signedHandshake?.(request)) ?? null).toBeNull();
      expect(decoder.decode(request.body)).not.toBe("");
    });
  });
}
