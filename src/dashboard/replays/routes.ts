/** Routes of replays: prepare, start, list, pause, resume, cancel, and continue without a target. */
import { AppError } from "../../lib/errors.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { formatCount } from "../components/format.ts";
import { readNames } from "../events/names.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { orFault } from "../webhooks/or-fault.ts";
import { AskReplayPage, COUNTED } from "./ask-view.tsx";
import type { ReplaysDeps } from "./deps.ts";
import { ReplaysPage, UnusableReplaysPage } from "./list-view.tsx";
import { type OrderForm, readOrder } from "./order-form.ts";
import { replaysPath } from "./paths.ts";

const DONE = {
  pause: "The replay is paused.",
  resume: "The replay is resumed.",
  cancel: "The replay is cancelled: no more deliveries are queued.",
} as const;

export function createReplaysRoutes(deps: ReplaysDeps): readonly PageRoute[] {
  const { useCases, replayRuns, clock } = deps;

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  /** Shows an unusable event file's fault instead of the page. */
  function orUnusable(
    { viewer, flash }: PageContext,
    webhook: Webhook,
    show: () => Promise<Response>,
  ): Promise<Response> {
    return orFault(show, (fault) => UnusableReplaysPage({ viewer, flash, webhook, fault }));
  }

  async function list(context: PageContext): Promise<Response> {
    const { viewer, flash } = context;
    const webhook = await own(context);
    const names = await readNames(deps, { userId: viewer.id, webhookId: webhook.id });
    return orUnusable(context, webhook, async () => {
      const runs = await replayRuns.list(webhook.id);
      return renderPage(ReplaysPage({ viewer, flash, webhook, runs, names }));
    });
  }

  async function showAsk(context: PageContext, webhook: Webhook): Promise<Response> {
    const { viewer, query } = context;
    const names = await readNames(deps, { userId: viewer.id, webhookId: webhook.id });
    const form = readOrder(query, webhook.settings.indexed_fields, clock.now());
    return orUnusable(context, webhook, async () => {
      const isValid = form.faults.length === 0;
      const count = isValid ? await countOrCheck(webhook, form, query.has(COUNTED)) : null;
      const markup = AskReplayPage({ viewer, webhook, names, form, count });
      return renderPage(markup, { status: isValid ? 200 : 422 });
    });
  }

  async function countOrCheck({ id }: Webhook, { order }: OrderForm, isCounted: boolean) {
    if (isCounted) return replayRuns.count(id, order);
    await replayRuns.check(id, order);
    return "later";
  }

  async function begin(context: PageContext): Promise<Response> {
    const webhook = await own(context);
    const { order, faults } = readOrder(context.query, webhook.settings.indexed_fields, clock.now());
    const { confirmed } = await context.form();
    if (faults.length > 0 || confirmed === undefined) return showAsk(context, webhook);
    try {
      await replayRuns.begin(webhook.id, { ...order, askedBy: context.viewer.id });
    } catch (error) {
      return backWithFault(webhook, error);
    }
    const text =
      order.selection.kind === "events"
        ? `Replaying ${formatCount(order.selection.eventIds.length, "selected event")}.`
        : "The replay starts as soon as its events are counted.";
    return redirect(replaysPath(webhook.id), { tone: "ok", text });
  }

  function control(name: keyof typeof DONE) {
    return async (context: PageContext): Promise<Response> => {
      const webhook = await own(context);
      try {
        await replayRuns[name]({ webhookId: webhook.id, id: context.params.replayId ?? "" });
      } catch (error) {
        return backWithFault(webhook, error);
      }
      return redirect(replaysPath(webhook.id), { tone: "ok", text: DONE[name] });
    };
  }

  async function removeTarget(context: PageContext): Promise<Response> {
    const webhook = await own(context);
    const { replayId: id = "", targetId = "" } = context.params;
    try {
      await replayRuns.removeTarget({ webhookId: webhook.id, id, targetId });
    } catch (error) {
      return backWithFault(webhook, error);
    }
    return redirect(replaysPath(webhook.id), {
      tone: "ok",
      text: "The replay continues without that target.",
    });
  }

  const path = "/source/:id/replays";
  return [
    page(path, list),
    page(`${path}/new`, async (context) => showAsk(context, await own(context)), "replayer"),
    action(path, begin, "replayer"),
    action(`${path}/:replayId/pause`, control("pause"), "replayer"),
    action(`${path}/:replayId/resume`, control("resume"), "replayer"),
    action(`${path}/:replayId/cancel`, control("cancel"), "replayer"),
    action(`${path}/:replayId/targets/:targetId/remove`, removeTarget, "replayer"),
  ];
}

function backWithFault({ id }: Webhook, error: unknown): Response {
  if (!(error instanceof AppError) || error.kind !== "conflict") throw error;
  return redirect(replaysPath(id), { tone: "bad", text: error.message });
}
