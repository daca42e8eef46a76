/** Values formatted for people: times, sizes, and text to copy. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";
import { formatBytes, formatUtc } from "./format.ts";
import { Icon } from "./icon.tsx";

/**
 * Shows UTC without scripts. With scripts, shows the reader's time zone, unless they chose UTC; with `relative` "3 min ago"; with `ahead` "in
 * 3 min", and "now" once the time has come.
 */
export function Time(props: {
  at: number;
  relative?: boolean;
  ahead?: boolean;
  /** Shows the time of day with milliseconds only. */
  clock?: boolean;
}): JSX.Element {
  const { at, relative = false, ahead = false, clock = false } = props;
  return (
    <time
      datetime={new Date(at).toISOString()}
      title={formatUtc(at)}
      data-time={ahead ? "ahead" : relative ? "relative" : clock ? "clock" : "local"}
      safe
    >
      {clock ? new Date(at).toISOString().slice(11, 23) : formatUtc(at)}
    </time>
  );
}

/** "never" where there is no time. */
export function TimeOrNever({
  at,
  relative = false,
}: {
  at: number | null;
  relative?: boolean;
}): JSX.Element {
  return at === null ? <span class="muted">never</span> : <Time at={at} relative={relative} />;
}

export function Bytes({ n }: { n: number }): JSX.Element {
  return (
    <span class="nowrap" title={`${n} bytes`} safe>
      {formatBytes(n)}
    </span>
  );
}

/** Visible only where scripts run; elsewhere the text beside it can be selected. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }): JSX.Element {
  return (
    <button class="button button-plain button-small copy" type="button" data-copy={attribute(text)} hidden>
      <Icon name="copy" />
      <span data-copy-label safe>
        {label}
      </span>
    </button>
  );
}

/** One line to copy, such as a URL or a token. */
export function CopyLine({ text, label }: { text: string; label?: string }): JSX.Element {
  return (
    <div class="copy-line">
      <code class="copy-text" safe>
        {text}
      </code>
      <CopyButton text={text} {...(label !== undefined && { label })} />
    </div>
  );
}

/** Several lines of code with a copy button. */
export function CodeBlock({ text, label = "Copy" }: { text: string; label?: string }): JSX.Element {
  return (
    <div class="code-block">
      <pre class="code" tabindex="0" safe>
        {text}
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}
