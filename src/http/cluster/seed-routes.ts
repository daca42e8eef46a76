/** Gives other nodes of the cluster copies of databases: the leader of all, any node of the files of imported webhooks. */
import { Elysia } from "elysia";
import { AppError, notFound } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import { createPlaces } from "../../lib/waiting/places.ts";
import { IDLE_SECONDS } from "../listen.ts";
import { temporaryFileResponse } from "../temporary-file.ts";
import { CLUSTER_PREFIX, type GateServer } from "./gate.ts";
import { requireNode } from "./node-caller.ts";

/** A temporary file. */
type SeedCopy = Readonly<{ path: string; bytes: number; sha256: string }>;

export const SEED_PATH = `${CLUSTER_PREFIX}seed`;
/** Length and hash have headers of their own: a body that is streamed has no Content-Length. */
export const SEED_BYTES = "x-webhooker-seed-bytes";
export const SEED_SHA256 = "x-webhooker-seed-sha256";
/** Code of the answer for an imported webhook that was deleted since. */
export const WEBHOOK_DELETED = "webhook_deleted";

/** Each copy takes a thread, and as much of the disk as its original. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 100;

export type SeedRoutes = ReturnType<typeof seedRoutes>;

/** The gate must be in front: it verifies who asks. */
export function seedRoutes(deps: {
  isLeader: () => boolean;
  /** Whether there is such a webhook, and it is not deleted. */
  hasWebhook: (webhookId: string) => boolean;
  /** Decides whether the node that takes copies is to keep event files, before the main database that says so is copied. */
  admit: (node: string) => Promise<void>;
  /** Whether the event file is here, be it of a webhook that is being imported and not visible yet. */
  hasFile: (webhookId: string) => boolean;
  /** Rejects unless this node has applied the log up to that position, and the log all changes of this node. */
  agreed: (position: number) => Promise<void>;
  copies: Readonly<{
    ofMainDatabase: () => Promise<SeedCopy>;
    ofEvents: (webhookId: string) => Promise<SeedCopy>;
    discard: (path: string) => Promise<void>;
  }>;
}) {
  const { isLeader, hasWebhook, admit, hasFile, agreed, copies } = deps;
  const places = createPlaces({
    count: MOST_AT_ONCE,
    mostWaiting: MOST_WAITING,
    tooMany: () => unavailable("busy", "Too many nodes take copies at the moment."),
    nobodyWaits: () => new Error("the node does not wait for the copy any more"),
  });

  /** Resolves with the copy; its place is taken until it is sent. */
  function give(
    request: Request,
    server: GateServer | null,
    make: (node: string) => Promise<SeedCopy>,
  ): Promise<Response> {
    const { node } = requireNode(request);
    server?.timeout(request, 0);
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const work = async () => {
      const copy = await make(node);
      const gone = Promise.withResolvers<void>();
      const discard = async () => {
        gone.resolve();
        await copies.discard(copy.path);
      };
      server?.timeout(request, IDLE_SECONDS);
      resolve(await respond(copy, discard));
      await gone.promise;
    };
    places.take(work, request.signal).catch(reject);
    return promise;
  }

  function giveAsLeader(
    request: Request,
    server: GateServer | null,
    make: (node: string) => Promise<SeedCopy>,
  ): Promise<Response> {
    requireNode(request);
    if (!isLeader()) throw unavailable("not_leader", "Only the leader of the cluster gives copies.");
    return give(request, server, make);
  }

  return new Elysia({ name: "seeds" })
    .get(`${SEED_PATH}/main`, ({ request, server }) =>
      giveAsLeader(request, server, async (node) => {
        await admit(node);
        return copies.ofMainDatabase();
      }),
    )
    .get(`${SEED_PATH}/imports/:webhookId`, ({ request, server, params: { webhookId }, query: { after } }) =>
      give(request, server, async () => {
        if (isId(webhookId) && hasFile(webhookId)) return copies.ofEvents(webhookId);
        await agreed(Number(after));
        if (hasWebhook(webhookId)) throw unavailable("no_file", "The event file is not here yet.");
        throw new AppError({ kind: "gone", code: WEBHOOK_DELETED, message: "The webhook is deleted." });
      }),
    )
    .get(`${SEED_PATH}/events/:webhookId`, ({ request, server, params: { webhookId } }) =>
      giveAsLeader(request, server, async () => {
        if (!hasWebhook(webhookId)) throw notFound("webhook");
        try {
          return await copies.ofEvents(webhookId);
        } catch (error) {
          // It was deleted meanwhile.
          if (!hasWebhook(webhookId)) throw notFound("webhook");
          throw error;
        }
      }),
    );
}

async function respond({ path, bytes, sha256 }: SeedCopy, discard: () => Promise<void>): Promise<Response> {
  const response = await temporaryFileResponse({
    path,
    fileName: "seed.db",
    contentType: "application/vnd.sqlite3",
    discard,
  });
  response.headers.set(SEED_BYTES, String(bytes));
  response.headers.set(SEED_SHA256, sha256);
  return response;
}

function unavailable(code: string, message: string): AppError {
  return new AppError({ kind: "unavailable", code, message, retryAfterSeconds: 3 });
}
