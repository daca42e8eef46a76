/** A number in a list: zero is muted, failures stand out, and numbers with details are links. */
import { Html } from "@elysiajs/html";
import { attribute } from "../render.ts";

export function Count(props: {
  n: number;
  bad?: boolean;
  href?: string;
  /** There may be more. */
  isMinimum?: boolean;
}): JSX.Element {
  const { n, bad = false, href, isMinimum = false } = props;
  const look = n === 0 ? "muted" : bad ? "text-bad" : undefined;
  const text = `${n.toLocaleString("en")}${isMinimum ? "+" : ""}`;
  if (href === undefined || n === 0) {
    return (
      <span class={look} safe>
        {text}
      </span>
    );
  }
  return (
    <a class={look} href={attribute(href)} safe>
      {text}
    </a>
  );
}
