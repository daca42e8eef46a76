/** Routes of a target's page, and of the test event that only this target gets. */
import { AppError } from "../../../lib/errors.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { eventPath } from "../../events/paths.ts";
import { action, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import { readerZone } from "../../time/reader-zone.ts";
import { spansOf } from "../../time/spans.ts";
import type { SourcesDeps } from "../deps.ts";
import { targetPath } from "../paths.ts";
import { targetIds } from "../targets/target-context.ts";
import { type Fault, faultOf } from "../webhook-state.ts";
import { type ChosenNumbers, TARGET_RANGES } from "./attempts-card.tsx";
import { type TargetData, TargetPage } from "./target-page.tsx";

export function createTargetPageRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, events, throttle, targetNumbers, clock } = deps;

  async function readChosen(context: PageContext): Promise<ChosenNumbers> {
    const { query, request } = context;
    const range = TARGET_RANGES.find((each) => each === query.get("range")) ?? "24h";
    const zone = readerZone(request);
    const spans = spansOf(range, { now: clock.now(), zone });
    const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0];
    return { range, zone, spans, numbers: await targetNumbers.read({ ...targetIds(context), from, to }) };
  }

  async function readData(context: PageContext, target: Target): Promise<TargetData | { fault: Fault }> {
    const { id, webhookId } = target;
    try {
      const [overviews, retrying, throttles, chosen, failures] = await Promise.all([
        events.targetOverviews(webhookId),
        events.retrying(webhookId),
        throttle.read([target]),
        readChosen(context),
        targetNumbers.listFailures(targetIds(context)),
      ]);
      return {
        fault: null,
        overview: overviews.get(id),
        retrying: retrying.get(id),
        throttle: throttles.get(id),
        chosen,
        failures,
      };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  }

  async function show(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const [webhook, target] = await Promise.all([useCases.webhooks.get(of), useCases.targets.get(of)]);
    const { viewer, flash } = context;
    const type = deps.targetTypes.find(target.type) ?? undefined;
    const data = await readData(context, target);
    return renderPage(TargetPage({ viewer, flash, webhook, target, type, data }));
  }

  async function sendTest(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const target = await useCases.targets.get(of);
    const entrypoint = (await useCases.entrypoints.list(of)).find(({ active }) => active);
    const refuse = (text: string) => redirect(targetPath(target), { tone: "bad", text });
    if (!target.active) return refuse("The test event was not sent. Enable the target first.");
    if (!entrypoint) return refuse("The test event was not sent. The webhook needs an active URL first.");
    try {
      const { remoteAddress } = context;
      const eventId = await deps.sendTestEvent({ ...of, entrypointId: entrypoint.id, remoteAddress });
      const text = `A test event was stored for target “${target.name}” only.`;
      return redirect(eventPath(target.webhookId, eventId), { tone: "ok", text });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === "not_found") throw error;
      return refuse(`The test event was not stored. ${error.message}`);
    }
  }

  const path = "/source/:id/targets/:targetId";
  return [page(path, show), action(`${path}/test`, sendTest)];
}
