/** Frame of the administration pages, with tabs between them. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";

const PAGES = [
  { href: "/admin/users", label: "Users" },
  { href: "/admin/teams", label: "Teams" },
  { href: "/admin/audit", label: "Audit log" },
  { href: "/admin/server", label: "Server" },
] as const;

export function AdminLayout(
  props: PropsWithChildren<{
    title: string;
    viewer: Viewer;
    flash: Flash | null;
    current: string;
    wide?: boolean;
  }>,
): JSX.Element {
  return (
    <Layout title={props.title} viewer={props.viewer} section="admin" flash={props.flash} wide={props.wide}>
      <nav class="tabs" aria-label="Administration">
        {PAGES.map(({ href, label }) => (
          <a href={href} aria-current={href === props.current ? "page" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {props.children}
    </Layout>
  );
}
