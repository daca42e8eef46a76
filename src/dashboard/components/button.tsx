/** Buttons, links that look like them, and forms of a single button. */
import { Html } from "@elysiajs/html";
import { isPermitted } from "../permitted.ts";
import { attribute } from "../render.ts";
import { Icon, type IconName } from "./icon.tsx";

type Look = Readonly<{
  label: string;
  kind?: "primary" | "plain" | "quiet" | "danger" | undefined;
  size?: "small" | undefined;
  icon?: IconName | undefined;
  /** Text for screen readers if the label alone is ambiguous: "Delete target Warehouse". */
  describe?: string | undefined;
  /** The single key that presses it; see assets/keys.js. */
  shortcut?: string | undefined;
  /** Shows only the icon; screen readers read the label. */
  iconOnly?: boolean | undefined;
}>;

/** A submit button; with `href`, a link that looks like one, and is left out if the reader may not follow it. */
export function Button(
  props: Look &
    Readonly<{
      href?: string;
      /** The link leads to another site, maybe by a redirect, which scripts cannot follow. */
      leaves?: boolean;
      name?: string;
      value?: string;
      /** Sends the form elsewhere, into a new tab. The form must not be boosted. */
      newTabAction?: string;
    }>,
): JSX.Element {
  const look = { class: classOf(props), "data-key": props.shortcut, "aria-label": spoken(props) };
  if (props.href !== undefined) {
    if (!isPermitted("GET", props.href)) return "";
    return (
      <a {...look} href={attribute(props.href)} hx-boost={props.leaves && "false"}>
        <Face {...props} />
      </a>
    );
  }
  return (
    <button
      {...look}
      type="submit"
      name={props.name}
      value={props.value && attribute(props.value)}
      formaction={props.newTabAction && attribute(props.newTabAction)}
      formtarget={props.newTabAction && "_blank"}
    >
      <Face {...props} />
    </button>
  );
}

/**
 * A form of one button, left out if the reader may not use it. With scripts, `confirm` is asked before it is sent;
 * without them, the action shows its own page.
 */
export function ActionButton(
  props: Look & Readonly<{ action: string; fields?: Readonly<Record<string, string>>; confirm?: string }>,
): JSX.Element {
  if (!isPermitted("POST", props.action)) return "";
  return (
    <form
      class="inline-form"
      method="post"
      action={attribute(props.action)}
      data-confirm={props.confirm && attribute(props.confirm)}
    >
      {Object.entries(props.fields ?? {}).map(([name, value]) => (
        <input type="hidden" name={attribute(name)} value={attribute(value)} />
      ))}
      <button class={classOf(props)} type="submit" aria-label={spoken(props)} data-key={props.shortcut}>
        <Face {...props} />
      </button>
    </form>
  );
}

function Face({ icon, label, iconOnly }: Look): JSX.Element {
  return (
    <>
      {icon !== undefined && <Icon name={icon} />}
      {!iconOnly && <span safe>{label}</span>}
    </>
  );
}

function spoken({ label, describe, iconOnly }: Look): string | undefined {
  const text = describe ?? (iconOnly ? label : undefined);
  return text && attribute(text);
}

function classOf({ kind = "plain", size, iconOnly }: Look): string {
  return ["button", `button-${kind}`, size && `button-${size}`, iconOnly && "button-icon"]
    .filter(Boolean)
    .join(" ");
}
