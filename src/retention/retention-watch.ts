/** Tracks when each webhook may have old events or too much data, so that no file is opened to find out. */
import { type Clock, DAY_MS, HOUR_MS } from "../lib/clock.ts";
import { timeOfId } from "../lib/ids.ts";
import type { WebhookSettings } from "../settings/webhook-settings.ts";
import type { FileSurvey } from "../storage/reader/inspection-questions.ts";
import { HOURS_KEPT_MS, type RetentionLimits, type RunReport } from "./retention-run.ts";

/** A file with new events is open anyway; one without is opened for this at most once a day. */
const BUSY_AGAIN_MS = HOUR_MS;
const IDLE_AGAIN_MS = DAY_MS;
/** Delay before another look at a file that exceeds its limit but has nothing to delete, or that cannot be used. */
const SIZE_AGAIN_MS = 10 * 60_000;
const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;

type Settings = Pick<WebhookSettings, "retention_days" | "retention_bytes">;

type Watched = {
  settings: Settings;
  /** When the oldest event will be old enough; wall clock. */
  dueAt: number;
  /** Monotonic time, as are the times below. */
  lookedAt: number;
  hasNewEvents: boolean;
  mayBeTooLarge: boolean;
  sizeRestsUntil: number;
  isOverLimit: boolean;
};

export type DueRun = Readonly<{ webhookId: string; limits: RetentionLimits; kind: "full" | "by size" }>;

export class RetentionWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #clock: Clock;
  readonly #defaultDays: number;

  constructor(clock: Clock, defaultDays: number) {
    this.#clock = clock;
    this.#defaultDays = defaultDays;
  }

  /** Follows a webhook that is new or changed; null settings if it is gone. */
  follow(webhookId: string, settings: Settings | null): void {
    if (settings === null) {
      this.#watched.delete(webhookId);
      return;
    }
    const { retention_days, retention_bytes } = settings;
    const known = this.#watched.get(webhookId);
    if (!known) {
      // It may get its first events before this class hears of it.
      const dueAt = this.#clock.now() + this.#keptMs({ settings });
      this.#watched.set(webhookId, {
        settings: { retention_days, retention_bytes },
        dueAt,
        lookedAt: LONG_AGO,
        hasNewEvents: false,
        mayBeTooLarge: retention_bytes !== null,
        sizeRestsUntil: LONG_AGO,
        isOverLimit: false,
      });
      return;
    }
    const before = known.settings;
    if (before.retention_days === retention_days && before.retention_bytes === retention_bytes) return;
    known.settings = { retention_days, retention_bytes };
    if (known.dueAt !== NEVER) known.dueAt = LONG_AGO;
    known.lookedAt = LONG_AGO;
    known.sizeRestsUntil = LONG_AGO;
    known.mayBeTooLarge = retention_bytes !== null;
  }

  recorded(webhookId: string): void {
    const watched = this.#watched.get(webhookId);
    if (!watched) return;
    watched.hasNewEvents = true;
    watched.mayBeTooLarge = watched.settings.retention_bytes !== null;
    if (watched.dueAt === NEVER) watched.dueAt = this.#clock.now() + this.#keptMs(watched);
  }

  /** Takes the result of a survey; undefined if the file is missing or damaged, which opening it reports. */
  surveyed(webhookId: string, survey: FileSurvey | undefined): void {
    const watched = this.#watched.get(webhookId);
    if (!watched) return;
    const { retention_bytes } = watched.settings;
    const usedBytes = survey?.usedBytes ?? 0;
    watched.mayBeTooLarge = retention_bytes !== null && (watched.hasNewEvents || usedBytes > retention_bytes);
    if (!survey) return;
    const { oldestEventId, oldestHour, isLoose } = survey;
    watched.dueAt = Math.min(
      watched.dueAt,
      oldestEventId === null ? NEVER : timeOfId(oldestEventId) + this.#keptMs(watched),
      oldestHour === null ? NEVER : oldestHour + HOURS_KEPT_MS,
      isLoose ? LONG_AGO : NEVER,
    );
  }

  /** The survey failed: the file must be opened. */
  unknown(webhookId: string): void {
    const watched = this.#watched.get(webhookId);
    if (watched) watched.dueAt = LONG_AGO;
  }

  listDue(): readonly string[] {
    return [...this.#watched.keys()].filter((webhookId) => this.findRun(webhookId) !== null);
  }

  /** Finds the due run by the current settings. */
  findRun(webhookId: string): DueRun | null {
    const watched = this.#watched.get(webhookId);
    if (!watched) return null;
    const now = this.#clock.monotonic();
    const days = watched.settings.retention_days ?? this.#defaultDays;
    const limits = { days, bytes: watched.settings.retention_bytes };
    const again = watched.hasNewEvents ? BUSY_AGAIN_MS : IDLE_AGAIN_MS;
    if (this.#clock.now() >= watched.dueAt && now >= watched.lookedAt + again) {
      return { webhookId, limits, kind: "full" };
    }
    const isSizeDue = watched.mayBeTooLarge && now >= watched.sizeRestsUntil;
    return isSizeDue ? { webhookId, limits, kind: "by size" } : null;
  }

  /** Returns true if the file has newly exceeded its limit and no event may be deleted. */
  ended(webhookId: string, { dueAt, isOverLimit }: RunReport): boolean {
    const watched = this.#watched.get(webhookId);
    if (!watched) return false;
    const now = this.#clock.monotonic();
    if (dueAt !== null) {
      watched.dueAt = dueAt;
      watched.lookedAt = now;
      watched.hasNewEvents = false;
    }
    const isNews = isOverLimit && !watched.isOverLimit;
    watched.isOverLimit = isOverLimit;
    watched.mayBeTooLarge = isOverLimit;
    watched.sizeRestsUntil = isOverLimit ? now + SIZE_AGAIN_MS : LONG_AGO;
    return isNews;
  }

  failed(webhookId: string): void {
    const watched = this.#watched.get(webhookId);
    if (!watched) return;
    watched.lookedAt = this.#clock.monotonic();
    watched.sizeRestsUntil = watched.lookedAt + SIZE_AGAIN_MS;
  }

  #keptMs(watched: Pick<Watched, "settings">): number {
    return (watched.settings.retention_days ?? this.#defaultDays) * DAY_MS;
  }
}
