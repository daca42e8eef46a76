/** Signatures of requests between nodes. */
import { describe, expect, test } from "bun:test";
import { createNodeSignatures } from "../../../src/http/cluster/node-signature.ts";
import { createKeyRing } from "../../../src/lib/crypto.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { appErrorOf } from "../../support/thrown.ts";

const keyOf = (byte: number) => createKeyRing(new Uint8Array(32).fill(byte)).nodeKey;
const clock = createFakeClock();
const nodes = (node: string, key = keyOf(1)) => createNodeSignatures({ key, node, clock });

const asked = { method: "POST", path: "/api/v1/webhooks?limit=2", client: "192.0.2.7" };

function requestOf(
  headers: Readonly<Record<string, string>>,
  { method, path } = asked,
  host = "http://hooks.example:8080",
): Request {
  return new Request(`${host}${path}`, { method, headers });
}

async function refusalOf(request: Request): Promise<{ kind: string; code: string }> {
  const { kind, code } = await appErrorOf(() => nodes("b").verify(request));
  return { kind, code };
}

const REFUSED = { kind: "forbidden", code: "node_not_verified" };

test("a signed request names its node and the client, at whatever host it arrives", () => {
  const headers = nodes("a").sign(asked);
  expect(nodes("b").verify(requestOf(headers))).toEqual({ node: "a", client: "192.0.2.7" });
  expect(nodes("b").verify(requestOf(headers, asked, "http://10.0.0.1:1"))).not.toBeNull();
});

test("an unknown client and no client are two things", async () => {
  const unknown = { ...asked, client: "" };
  const none = { ...asked, client: null };
  expect(nodes("b").verify(requestOf(nodes("a").sign(unknown)))).toEqual({ node: "a", client: "" });
  expect(nodes("b").verify(requestOf(nodes("a").sign(none)))).toEqual({ node: "a", client: null });
  const { "x-webhooker-node-client": _, ...without } = nodes("a").sign(unknown);
  expect(await refusalOf(requestOf(without))).toEqual(REFUSED);
});

test("a request without such headers comes from no node", () => {
  expect(nodes("b").verify(requestOf({ "x-webhooker-other": "1" }))).toBeNull();
});

describe("refuses", () => {
  const signed = nodes("a").sign(asked);

  test.each([
    "x-webhooker-node",
    "x-webhooker-node-time",
    "x-webhooker-node-client",
    "x-webhooker-node-signature",
  ])("a request whose %s was changed, left out or sent alone", async (name) => {
    const value = signed[name] ?? "";
    const { [name]: _, ...without } = signed;
    expect(await refusalOf(requestOf({ ...signed, [name]: `${value}1` }))).toEqual(REFUSED);
    expect(await refusalOf(requestOf(without))).toEqual(REFUSED);
    expect(await refusalOf(requestOf({ [name]: value }))).toEqual(REFUSED);
  });

  test("a signature for another method, path or query", async () => {
    expect(await refusalOf(requestOf(signed, { ...asked, method: "DELETE" }))).toEqual(REFUSED);
    expect(await refusalOf(requestOf(signed, { ...asked, path: "/api/v1/users?limit=2" }))).toEqual(REFUSED);
    expect(await refusalOf(requestOf(signed, { ...asked, path: "/api/v1/webhooks?limit=3" }))).toEqual(
      REFUSED,
    );
  });

  test("parts that were moved from one to the next", async () => {
    const moved = { ...signed, "x-webhooker-node": "a1", "x-webhooker-node-client": "92.0.2.7" };
    expect(await refusalOf(requestOf(moved))).toEqual(REFUSED);
  });

  test("a signature of another secret key", async () => {
    expect(await refusalOf(requestOf(nodes("a", keyOf(2)).sign(asked)))).toEqual(REFUSED);
  });

  test("a nameless node", async () => {
    expect(await refusalOf(requestOf(nodes("").sign(asked)))).toEqual(REFUSED);
  });
});

test("clocks may differ by a minute either way, and no more", async () => {
  const after = (ms: number) => {
    const headers = nodes("a").sign(asked);
    clock.jump(ms);
    return requestOf(headers);
  };
  expect(nodes("b").verify(after(60_000))).not.toBeNull();
  expect(nodes("b").verify(after(-60_000))).not.toBeNull();
  expect(await refusalOf(after(60_001))).toEqual(REFUSED);
  expect(await refusalOf(after(-60_001))).toEqual(REFUSED);
});

test("the key is derived for this purpose alone", () => {
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  expect(keys.nodeKey).toHaveLength(32);
  expect(keys.nodeKey).not.toEqual(keys.sessionKey);
});
