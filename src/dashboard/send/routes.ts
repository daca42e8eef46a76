/** Routes of the page that sends events. */
import type { SendOwnEvent, SentEvent } from "../../ingest/own-events.ts";
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { Providers } from "../../verification/registry.ts";
import { readOwnEvent } from "../../webhooks/own-event-input.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";
import { eventPath } from "../events/paths.ts";
import { type FieldErrors, fieldErrors, NO_ERRORS } from "../forms.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Flash } from "../viewer.ts";
import { findSample, SAMPLES, sampleFor, samplesOf } from "./samples.ts";
import { type Filled, fillFromEvent, fillFromSample, readFilled, toInput } from "./send-form.ts";
import { SendPage } from "./views.tsx";

type SendDeps = Readonly<{
  useCases: WebhookUseCases;
  events: Pick<EventStore, "findEvent">;
  providers: Pick<Providers, "find">;
  sendOwnEvent: SendOwnEvent;
  clock: Pick<Clock, "now">;
}>;

export function createSendRoutes(deps: SendDeps): readonly PageRoute[] {
  const { useCases, events, providers, sendOwnEvent, clock } = deps;

  async function read({ viewer, params }: PageContext) {
    const of = { userId: viewer.id, webhookId: params.id ?? "" };
    const webhook = await useCases.webhooks.get(of);
    const [entrypoints, targets] = await Promise.all([
      useCases.entrypoints.list(of),
      useCases.targets.list(of),
    ]);
    const enabled = entrypoints.filter(({ active }) => active);
    return { of, webhook, entrypoints: enabled, targets: targets.filter(({ active }) => active) };
  }

  async function getEvent(webhookId: string, eventId: string): Promise<StoredEvent> {
    const event = await events.findEvent(webhookId, eventId);
    if (event === null) throw notFound("event");
    return event;
  }

  async function show(
    context: PageContext,
    returned?: Readonly<{ filled: Filled; errors: FieldErrors }>,
  ): Promise<Response> {
    const { viewer, flash, query } = context;
    const { webhook, entrypoints, targets } = await read(context);
    const eventId = query.get("event") ?? "";
    const event = eventId === "" || returned ? null : await getEvent(webhook.id, eventId);
    const wanted = query.get("entrypoint") ?? event?.entrypointId;
    const entrypoint = entrypoints.find(({ id }) => id === wanted) ?? entrypoints[0];
    const chosen = { entrypoint: entrypoint?.id ?? "", target: query.get("target") ?? "" };
    const fitting = sampleFor(entrypoint?.verification?.type ?? null);
    const own = samplesOf(await useCases.eventTypes.list({ userId: webhook.ownerId }));
    const samples = [...own, ...SAMPLES];
    const sample = findSample(samples, query.get("sample")) ?? fitting;
    const filled =
      returned?.filled ??
      (event === null ? fillFromSample(sample, chosen, clock.now()) : fillFromEvent(event, chosen));
    const markup = SendPage({
      viewer,
      flash,
      webhook,
      entrypoints,
      targets,
      verificationOf({ verification }) {
        return verification && (providers.find(verification.type)?.label ?? verification.type);
      },
      samples,
      sample: sample.id,
      filled,
      errors: returned?.errors ?? NO_ERRORS,
    });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function send(context: PageContext): Promise<Response> {
    const { of } = await read(context);
    const filled = readFilled(await context.form());
    const original = filled.body === null ? await getEvent(of.webhookId, filled.copy_of) : null;
    try {
      const event = readOwnEvent(toInput(filled, original));
      const sent = await sendOwnEvent({ ...of, ...event, remoteAddress: context.remoteAddress });
      return redirect(eventPath(of.webhookId, sent.eventId), tell(sent));
    } catch (error) {
      if (error instanceof AppError && (error.kind === "gone" || error.kind === "unavailable")) {
        return show(context, { filled, errors: { "": error.message } });
      }
      return show(context, { filled, errors: fieldErrors(error) });
    }
  }

  return [page("/source/:id/send", (context) => show(context), "editor"), action("/source/:id/send", send)];
}

function tell({ isDuplicate, signing }: SentEvent): Flash {
  if (isDuplicate) {
    const text = "Nothing new was stored: by its duplicate detection, the entrypoint has this event already.";
    return { tone: "bad", text };
  }
  switch (signing) {
    case "none":
      return { tone: "ok", text: "The event was sent." };
    case "signed":
      return { tone: "ok", text: "The event was sent, signed with the entrypoint’s secret." };
    case "unsigned":
      return {
        tone: "ok",
        text: "The event was sent. It has no valid signature, which only its sender can make, and is stored because you sent it.",
      };
  }
}
