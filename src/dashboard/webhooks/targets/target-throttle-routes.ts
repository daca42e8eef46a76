/** Routes that pause and resume a target, release or discard its held deliveries, and reset its circuit. */
import { formatCount } from "../../components/format.ts";
import { action, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { DiscardHeldPage } from "./discard-held-view.tsx";
import { backTo, targetIds } from "./target-context.ts";

const MAX_REASON = 500;

export function createTargetThrottleRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, throttle } = deps;

  async function pause(context: PageContext): Promise<Response> {
    const target = await useCases.targets.setPaused({ ...targetIds(context), paused: true });
    return backTo(
      context,
      target,
      `Target “${target.name}” is paused: its deliveries are on hold, new ones too.`,
    );
  }

  async function resume(context: PageContext): Promise<Response> {
    const target = await useCases.targets.setPaused({ ...targetIds(context), paused: false });
    return backTo(
      context,
      target,
      `Target “${target.name}” is running again: new events right away, the backlog gradually.`,
    );
  }

  async function release(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const target = await useCases.targets.setPaused({ ...of, paused: false });
    throttle.hurry(of);
    return backTo(context, target, `All deliveries on hold for target “${target.name}” are sent now.`);
  }

  async function resetCircuit(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const target = await useCases.targets.get(of);
    await throttle.resetCircuit(of);
    return backTo(context, target, `Target “${target.name}” is probed now.`);
  }

  async function askToDiscard(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const [webhook, target] = await Promise.all([useCases.webhooks.get(of), useCases.targets.get(of)]);
    const held = (await throttle.read([target])).get(target.id)?.held ?? null;
    return renderPage(
      DiscardHeldPage({ viewer: context.viewer, webhook, target, held, maxReason: MAX_REASON }),
    );
  }

  async function discard(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const target = await useCases.targets.get(of);
    const reason = (await context.form()).reason?.trim().slice(0, MAX_REASON);
    const count = await throttle.discardHeld({ ...of, reason: reason === "" ? undefined : reason });
    const what = formatCount(count, "held delivery was", "held deliveries were");
    return backTo(context, target, `${what} discarded for target “${target.name}”.`);
  }

  const path = "/source/:id/targets/:targetId";
  return [
    action(`${path}/pause`, pause, "replayer"),
    action(`${path}/resume`, resume, "replayer"),
    action(`${path}/release`, release, "replayer"),
    action(`${path}/reset-circuit`, resetCircuit, "replayer"),
    page(`${path}/discard-held`, askToDiscard, "replayer"),
    action(`${path}/discard-held`, discard, "replayer"),
  ];
}
