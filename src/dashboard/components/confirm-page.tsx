/** Asks for confirmation before an action that cannot be undone, on a page of its own that needs no script. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { type Crumb, Layout, type Section } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Viewer } from "../viewer.ts";
import { Button } from "./button.tsx";

/** `children` describes what will be lost. */
export function ConfirmPage(
  props: PropsWithChildren<{
    title: string;
    viewer: Viewer;
    section?: Section;
    crumbs?: readonly Crumb[];
    action: string;
    fields?: Readonly<Record<string, string>>;
    confirmLabel: string;
    cancelHref: string;
  }>,
): JSX.Element {
  return (
    <Layout title={props.title} viewer={props.viewer} section={props.section} crumbs={props.crumbs}>
      <section class="card card-narrow">
        <h1 safe>{props.title}</h1>
        <div class="prose">{props.children}</div>
        <form class="form-actions" method="post" action={attribute(props.action)}>
          {/* Tells the action that the reader has confirmed. */}
          <input type="hidden" name="confirmed" value="yes" />
          {Object.entries(props.fields ?? {}).map(([name, value]) => (
            <input type="hidden" name={attribute(name)} value={attribute(value)} />
          ))}
          <Button kind="danger" label={props.confirmLabel} />
          <Button href={props.cancelHref} label="Cancel" />
        </form>
      </section>
    </Layout>
  );
}
