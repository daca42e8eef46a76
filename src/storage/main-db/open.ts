/** Opens the main database, one file with the configuration only; creates it and its folder if missing. */
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { EventFileUpkeep } from "../event-files/event-file-upkeep.ts";
import { LONGEST_WAL_PAGES } from "../sqlite/sqlite.ts";
import { type ApiKeyQueries, createApiKeyQueries } from "./api-keys.ts";
import { type AuditLog, createAuditLog } from "./audit/audit-log.ts";
import * as audited from "./audit/audited.ts";
import { type AuditedEventTypes, auditEventTypes } from "./audit/audited-event-types.ts";
import * as auditedLinks from "./audit/audited-links.ts";
import { auditMembers, auditTeams } from "./audit/audited-members.ts";
import * as auditedPeople from "./audit/audited-people.ts";
import { auditPortals } from "./audit/audited-portals.ts";
import { createEventTypeQueries } from "./catalogue/event-types.ts";
import { type ConfigObjectQueries, createConfigObjectQueries } from "./config-objects.ts";
import { durableByItself, leaveSyncsTo } from "./durability.ts";
import { createEntrypointQueries } from "./entrypoints.ts";
import { openMainDbFile, unusable } from "./file/main-db-file.ts";
import { type MakeRoom, withRoom } from "./make-room.ts";
import { createNamedPartQueries, type NamedPartQueries } from "./named-parts.ts";
import { createNoticeQueries, type NoticeQueries } from "./notices.ts";
import { createInvitationQueries } from "./people/invitations.ts";
import { createMemberQueries, type MemberQueries } from "./people/members.ts";
import { createTeamQueries, type TeamQueries } from "./people/teams.ts";
import { createUserEmailQueries, type UserEmailQueries } from "./people/user-emails.ts";
import { createPortalQueries, type PortalQueries } from "./portal/portal-links.ts";
import { createProblemQueries, type ProblemQueries } from "./problems.ts";
import { createRefusalQueries, type RefusalQueries } from "./refusals.ts";
import { createKeeperQueries, type KeeperQueries } from "./replication/keepers.ts";
import { createMainDbReplication, type MainDbReplication } from "./replication/main-db-replication.ts";
import { type ShippedDurability, withShipping } from "./replication/shipped-durability.ts";
import { createRouting, type Routing } from "./routing.ts";
import {
  createSavedTextQueries,
  type SavedFilter,
  type SavedQuery,
  type SavedTextQueries,
} from "./saved-texts.ts";
import { createSealedRowQueries, type SealedRowQueries } from "./sealed-rows.ts";
import { createSecretKeyCheckQueries, type SecretKeyCheckQueries } from "./secret-key-check.ts";
import { createIdentityQueries, type IdentityQueries } from "./sign-in/identities.ts";
import { createOneTimeLinkQueries } from "./sign-in/one-time-links.ts";
import { createPasskeyQueries, type PasskeyQueries } from "./sign-in/passkeys.ts";
import { createSecondFactorQueries, type SecondFactorQueries } from "./sign-in/second-factors.ts";
import { createSessionQueries, type SessionQueries } from "./sign-in/sessions.ts";
import { createTargetPullQueries, type TargetPullQueries } from "./target-pulls.ts";
import { createTargetQueries } from "./targets.ts";
import { createTransactions } from "./transactions.ts";
import { createTransferQueries, type TransferQueries } from "./transfer.ts";
import { createTransformationQueries, type TransformationQueries } from "./transformations.ts";
import { createUserQueries, type UserQueries } from "./users.ts";
import { createWebhookQueries } from "./webhooks.ts";

export type MainDb = Readonly<{
  users: UserQueries;
  userEmails: UserEmailQueries;
  oneTimeLinks: auditedLinks.AuditedLinks;
  invitations: auditedLinks.AuditedInvitations;
  sessions: SessionQueries;
  secondFactors: SecondFactorQueries;
  passkeys: PasskeyQueries;
  identities: IdentityQueries;
  webhooks: audited.AuditedWebhooks;
  entrypoints: audited.AuditedEntrypoints;
  targets: audited.AuditedTargets;
  transformations: TransformationQueries;
  targetPulls: TargetPullQueries;
  apiKeys: ApiKeyQueries;
  namedParts: NamedPartQueries;
  savedFilters: SavedTextQueries<SavedFilter>;
  eventTypes: AuditedEventTypes;
  portals: PortalQueries;
  configObjects: ConfigObjectQueries;
  savedQueries: SavedTextQueries<SavedQuery>;
  members: MemberQueries;
  teams: TeamQueries;
  routing: Routing;
  transfer: TransferQueries;
  notices: NoticeQueries;
  problems: ProblemQueries;
  refusals: RefusalQueries;
  secretKeyCheck: SecretKeyCheckQueries;
  sealedRows: SealedRowQueries;
  audit: AuditLog;
  /** Runs several changes in one transaction. */
  together: <T>(act: () => T) => T;
  replication: MainDbReplication;
  keepers: KeeperQueries;
}> &
  ShippedDurability;

type Options = Readonly<{
  path: string;
  clock: Clock;
  /** Leaves the WAL to a replicator, such as Litestream. */
  keepsWals?: boolean;
  /** Set if nothing may block the event loop: does the syncs and checkpoints instead of the connection. */
  background?: Background;
}>;

export type Background = Readonly<{
  upkeep: Pick<EventFileUpkeep, "checkpoint" | "restartWal" | "sync">;
  onError: (message: string, cause: unknown) => void;
  /** Frees space for a deletion while the disk is full. */
  makeRoom?: MakeRoom;
}>;

/** SQLite's own default. */
const CHECKPOINT_PAGES = 1_000;

/**
 * Opens the main database. Other processes (the command line) may have the same file open. Throws AppError
 * `unavailable`.
 */
export function openMainDb(options: Options): MainDb {
  try {
    return open(options);
  } catch (error) {
    throw error instanceof AppError ? error : unusable(options.path, error);
  }
}

function open({ path, clock, keepsWals = false, background }: Options): MainDb {
  const checkpointPages = keepsWals ? LONGEST_WAL_PAGES : CHECKPOINT_PAGES;
  const db = openMainDbFile({ path, checkpointPages, keepsWals });
  try {
    const orm = drizzle({ client: db });
    const routing = createRouting(db);
    const durability = withShipping(
      background
        ? leaveSyncsTo(background.upkeep, {
            db,
            path,
            checkpointPages,
            monotonic: clock.monotonic,
            onError: background.onError,
          })
        : durableByItself,
    );
    const transactions = createTransactions(db);
    const audit = createAuditLog({ db, clock, transactions });
    const auditing = { audit, transactions };
    const changed = (webhookId: string) =>
      transactions.onceAfterCommit(webhookId, () => routing.invalidate(webhookId));
    const webhooks = audited.auditWebhooks(createWebhookQueries({ client: db, db: orm }, changed), auditing);
    const entrypoints = audited.auditEntrypoints(
      createEntrypointQueries({ client: db, db: orm }, changed),
      auditing,
    );
    const targets = audited.auditTargets(createTargetQueries({ client: db, db: orm }, changed), auditing);
    const apiKeys = auditedPeople.auditApiKeys(createApiKeyQueries(orm), auditing);
    const sessions = auditedPeople.auditSessions(createSessionQueries(orm), auditing);
    const oneTimeLinks = createOneTimeLinkQueries(db);
    const problems = createProblemQueries(db);
    const replication = createMainDbReplication({
      db,
      applied(webhookIds) {
        problems.recount();
        for (const id of webhookIds) routing.invalidate(id);
      },
      led: deleteExpired,
    });
    // In a cluster only the leader's changes count, and whether this node leads is not known yet.
    if (replication.state() === null) deleteExpired();
    function deleteExpired(): void {
      // Those whose browsers or readers never come back would stay for ever.
      sessions.deleteExpired(clock.now());
      oneTimeLinks.deleteExpired(clock.now());
    }
    const users = auditedPeople.auditUsers(createUserQueries(orm), auditing);
    const roomy = withRoom(background?.makeRoom ?? (() => undefined));
    const nameOf = (webhookId: string) => webhooks.find(webhookId)?.name;
    const auditingUsers = { ...auditing, usernameOf: (id: string) => users.find(id)?.username ?? null };
    const teams = auditTeams(createTeamQueries(db), auditing);
    return {
      users,
      identities: auditedPeople.auditIdentities(createIdentityQueries(orm), auditing),
      userEmails: auditedLinks.auditUserEmails(createUserEmailQueries(db), auditingUsers),
      oneTimeLinks: auditedLinks.auditOneTimeLinks(oneTimeLinks, auditingUsers),
      invitations: auditedLinks.auditInvitations(createInvitationQueries(db), auditing),
      passkeys: auditedPeople.auditPasskeys(createPasskeyQueries(orm), auditing),
      secondFactors: auditedPeople.auditSecondFactors(createSecondFactorQueries(orm), auditingUsers),
      teams,
      members: auditMembers(createMemberQueries(db), { ...auditing, users, teams }),
      sessions: {
        ...sessions,
        delete: roomy(sessions.delete),
        deleteOthers: roomy(sessions.deleteOthers),
      },
      webhooks: {
        ...webhooks,
        softDelete: roomy(webhooks.softDelete),
        deleting: (of) => roomy(webhooks.deleting(of)),
      },
      entrypoints: {
        ...entrypoints,
        softDelete: roomy(entrypoints.softDelete),
        deleting: (of) => roomy(entrypoints.deleting(of)),
      },
      targets: {
        ...targets,
        softDelete: roomy(targets.softDelete),
        deleting: (of) => roomy(targets.deleting(of)),
      },
      transformations: createTransformationQueries(db),
      targetPulls: createTargetPullQueries(db),
      apiKeys: { ...apiKeys, revoke: roomy(apiKeys.revoke) },
      namedParts: createNamedPartQueries(db),
      savedFilters: createSavedTextQueries(db, "saved_filters"),
      portals: auditPortals(createPortalQueries(db), auditing),
      eventTypes: auditEventTypes(createEventTypeQueries(db), auditing),
      configObjects: createConfigObjectQueries(db),
      savedQueries: createSavedTextQueries(db, "saved_queries"),
      routing,
      transfer: audited.auditTransfer(createTransferQueries(db, changed), { ...auditing, nameOf }),
      notices: createNoticeQueries(db),
      problems: audited.auditProblems(problems, auditing),
      refusals: createRefusalQueries(db),
      secretKeyCheck: createSecretKeyCheckQueries(db),
      sealedRows: audited.auditSealedRows(createSealedRowQueries(db, routing.invalidate), auditing),
      audit,
      together: transactions.run,
      replication,
      keepers: createKeeperQueries(db),
      ...durability,
      close() {
        durability.close();
        db.close(true);
      },
    };
  } catch (error) {
    db.close();
    throw error;
  }
}
