/** Icons of the pages; next to words they are decoration. */
import { Html } from "@elysiajs/html";

/** Paths on a 16 by 16 grid, drawn with round strokes. */
const PATHS = {
  alert: "M8 5.5v3.2M8 11h.01M7.1 2.6 1.7 12a1 1 0 0 0 .9 1.5h10.8a1 1 0 0 0 .9-1.5L8.9 2.6a1 1 0 0 0-1.8 0Z",
  arrow: "M3 8h10M9 4l4 4-4 4",
  back: "M13 8H3M7 4 3 8l4 4",
  check: "m3 8.5 3.2 3.2L13 5",
  clock: "M8 4.5V8l2.3 1.4M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  copy: "M5.5 5.5V3.2c0-.7.5-1.2 1.2-1.2h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2h-2.3M3.2 5.5h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2H3.2c-.7 0-1.2-.5-1.2-1.2V6.7c0-.7.5-1.2 1.2-1.2Z",
  cross: "m4 4 8 8M12 4l-8 8",
  download: "M8 2v8m0 0 3-3m-3 3L5 7M2.5 13.5h11",
  edit: "m10.5 3 2.5 2.5L5.5 13H3v-2.5L10.5 3Z",
  filter: "M2 3.5h12M4.5 8h7M6.5 12.5h3",
  inbox:
    "M2 9.5h3.2l1.2 2h3.2l1.2-2H14M2 9.5v3c0 .6.4 1 1 1h10c.6 0 1-.4 1-1v-3l-2-6.3a1 1 0 0 0-1-.7H5a1 1 0 0 0-1 .7L2 9.5Z",
  key: "M9.2 6.8 3 13v1h2.5v-1.5H7V11h1.5l.7-.7M10 9.5A3.7 3.7 0 1 0 6.5 6M11.2 4.8h.01",
  manual: "M3 3.2C3 2.5 3.5 2 4.2 2H13v12H4.2A1.2 1.2 0 0 1 3 12.8V3.2Zm0 9.6c0-.7.5-1.2 1.2-1.2H13",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M4.5 3v10l8.5-5-8.5-5Z",
  plus: "M8 3v10M3 8h10",
  replay: "M2.5 8a5.5 5.5 0 1 1 1.8 4.1M2.5 12.5V9.3h3.2",
  search: "m10.3 10.3 3.2 3.2M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Z",
  send: "M14 2 7.2 8.8M14 2 9.5 14l-2.3-5.2L2 6.5 14 2Z",
  server:
    "M3 2.5h10c.3 0 .5.2.5.5v3.5c0 .3-.2.5-.5.5H3a.5.5 0 0 1-.5-.5V3c0-.3.2-.5.5-.5ZM3 9h10c.3 0 .5.2.5.5V13c0 .3-.2.5-.5.5H3a.5.5 0 0 1-.5-.5V9.5c0-.3.2-.5.5-.5ZM5 4.7h.01M5 11.2h.01",
  "sign-out": "M6 14H3.2c-.7 0-1.2-.5-1.2-1.2V3.2C2 2.5 2.5 2 3.2 2H6M10.5 11.2 13.7 8l-3.2-3.2M13.5 8H6",
  target: "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z",
  trash:
    "M2.5 4h11M6 4V2.7c0-.4.3-.7.7-.7h2.6c.4 0 .7.3.7.7V4M12.3 4l-.5 8.8c0 .7-.6 1.2-1.2 1.2H5.4c-.6 0-1.2-.5-1.2-1.2L3.7 4",
  upload: "M8 10V2m0 0 3 3M8 2 5 5M2.5 13.5h11",
  user: "M13 14v-1.3A2.7 2.7 0 0 0 10.3 10H5.7A2.7 2.7 0 0 0 3 12.7V14M8 7.3A2.7 2.7 0 1 0 8 2a2.7 2.7 0 0 0 0 5.3Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="6" />
      <path d="M6 8l3 8 3-8 3 8 3-8" />
    </svg>
  );
}
