/** Frame of a page with one narrow card, which readers may open without being signed in. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { Logo } from "./icon.tsx";

export function OpenCard(
  props: PropsWithChildren<{
    title: string;
    lead?: string;
    viewer: Viewer | null;
    flash?: Flash | null;
  }>,
): JSX.Element {
  return (
    <Layout title={props.title} viewer={props.viewer} flash={props.flash}>
      <div class="sign-in">
        <div class="sign-in-brand">
          <Logo />
          <div>
            <h1 safe>{props.title}</h1>
            {props.lead !== undefined && (
              <p class="lead" safe>
                {props.lead}
              </p>
            )}
          </div>
        </div>
        <section class="card stack">{props.children}</section>
      </div>
    </Layout>
  );
}
