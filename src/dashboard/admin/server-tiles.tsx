/** The figures at the top of the server page. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { StorageFiles } from "../../storage/folder/storage-files.ts";
import { formatBytes, formatCount, formatDuration } from "../components/format.ts";
import { Time } from "../components/values.tsx";
import type { ServerFigures } from "./server-figures.ts";

export type TilesProps = Readonly<{
  startedAt: number;
  uptimeMs: number;
  files: StorageFiles;
  openFiles: number;
  maxOpenFiles: number;
  figures: ServerFigures;
}>;

export function Tiles(props: TilesProps): JSX.Element {
  const { mainDb, eventFiles } = props.files;
  const { disk, pending, inFlight, openCircuits, memoryBytes, lagMs } = props.figures;
  return (
    <dl class="tile-row">
      <Tile label="Uptime" value={formatDuration(props.uptimeMs)}>
        since <Time at={props.startedAt} />
      </Tile>
      <Tile
        label="Free disk"
        value={disk === null ? "unknown" : formatBytes(disk.freeBytes)}
        note={diskNote(disk)}
      />
      <Tile
        label="Queue"
        value={pending.toLocaleString("en")}
        note={`${pending === 1 ? "delivery" : "deliveries"}, ${inFlight} in flight, ${formatCount(openCircuits, "open circuit")}`}
      />
      <Tile label="Memory" value={formatBytes(memoryBytes)} note="resident" />
      <Tile
        label="Event loop lag"
        value={lagMs === null ? "not measured yet" : formatDuration(lagMs)}
        note="at most in the last minute"
      />
      <Tile
        label="Main database"
        value={formatBytes(mainDb.bytes)}
        note="users, webhooks, entrypoints, targets"
      />
      <Tile
        label="Event files"
        value={formatBytes(eventFiles.bytes)}
        note={`in ${formatCount(eventFiles.count, "file")}`}
      />
      <Tile
        label="Open event files"
        value={String(props.openFiles)}
        note={`of at most ${props.maxOpenFiles}`}
      />
    </dl>
  );
}

function diskNote(disk: ServerFigures["disk"]): string {
  if (disk === null) return "the folder cannot be measured";
  const reserve = formatBytes(disk.reserveBytes);
  return disk.freeBytes < disk.reserveBytes
    ? `below the reserve of ${reserve}`
    : `${reserve} are kept as a reserve`;
}

/** `note` or children say more about the value. */
function Tile(props: PropsWithChildren<{ label: string; value: string; note?: string }>): JSX.Element {
  return (
    <div class="tile">
      <dt safe>{props.label}</dt>
      <dd>
        <div safe>{props.value}</div>
        <div class="muted">
          {props.note !== undefined && <span safe>{props.note}</span>}
          {props.children}
        </div>
      </dd>
    </div>
  );
}
