/** Frame of every page: head, navigation, breadcrumbs, flash message, and the page itself. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { MANUAL_PATH } from "../manual/html.ts";
import { assetPaths } from "./assets/assets.ts";
import { FlashLine } from "./components/flash-line.tsx";
import { Icon, Logo } from "./components/icon.tsx";
import { FIND_PATH } from "./find/paths.ts";
import { DEFAULT_LOOK } from "./look.ts";
import { attribute } from "./render.ts";
import type { Flash, Viewer } from "./viewer.ts";

export type Section = "sources" | "problems" | "manual" | "profile" | "admin";

export type Crumb = Readonly<{ href: string; label: string }>;

export type LayoutProps = PropsWithChildren<
  Readonly<{
    title: string;
    /** Tells the page's tab from others, if the title does not. */
    tabTitle?: string | undefined;
    viewer: Viewer | null;
    section?: Section | undefined;
    /** Parent pages, outermost first. */
    crumbs?: readonly Crumb[] | undefined;
    flash?: Flash | null | undefined;
    /** Uses the full window width, for long lists. */
    wide?: boolean | undefined;
    /** Shows a header also to readers who are not signed in. */
    openHeader?: boolean | undefined;
  }>
>;

/** So that browsers paint the background right before the stylesheet is there. */
const SCHEMES = { system: "light dark", light: "light", dark: "dark" } as const;

const HTMX_CONFIG = JSON.stringify({ includeIndicatorCSS: false });

export function Layout(props: LayoutProps): JSX.Element {
  const {
    title,
    tabTitle = title,
    viewer,
    section,
    crumbs = [],
    flash = null,
    wide = false,
    openHeader = false,
    children,
  } = props;
  const look = viewer?.look ?? DEFAULT_LOOK;
  return (
    <html lang="en" data-theme={look.theme} data-times={look.times} data-keys={look.keys}>
      <head>
        <meta charset="utf-8" />
        <title safe>{`${tabTitle} · webhooker`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={SCHEMES[look.theme]} />
        <meta name="htmx-config" content={attribute(HTMX_CONFIG)} />
        <link rel="stylesheet" href={assetPaths.stylesheet} />
        <link rel="icon" href={FAVICON} />
        <script src={assetPaths.htmx} defer></script>
        <script src={assetPaths.script} defer></script>
      </head>
      <body hx-boost:inherited="true">
        <a class="skip-link" href="#main">
          Skip to content
        </a>
        {viewer ? <Header viewer={viewer} section={section} /> : openHeader && <OpenHeader />}
        <main id="main" class={wide ? "main main-wide" : "main"} tabindex="-1">
          {crumbs.length > 0 && <Crumbs crumbs={crumbs} title={title} />}
          <FlashLine flash={flash} />
          {children}
        </main>
      </body>
    </html>
  );
}

function Header({ viewer, section }: { viewer: Viewer; section: Section | undefined }): JSX.Element {
  return (
    <header class="header">
      <div class="header-inner">
        <a class="brand" href="/sources" aria-label="webhooker, to your webhooks">
          <Logo />
          <span class="hide-when-narrow">webhooker</span>
        </a>
        <nav class="nav" aria-label="Main">
          <NavLink href="/sources" label="Webhooks" current={section === "sources"} />
          <ProblemsLink count={viewer.openProblems ?? 0} current={section === "problems"} />
          {viewer.role === "admin" && (
            <NavLink href="/admin/users" label="Admin" current={section === "admin"} />
          )}
        </nav>
        <FindBox />
        <div class="header-end">
          <a class="nav-link" href={MANUAL_PATH} aria-current={section === "manual" ? "page" : undefined}>
            <Icon name="manual" />
            <span class="hide-when-narrow">Manual</span>
          </a>
          <a class="nav-link" href="/profile" aria-current={section === "profile" ? "page" : undefined}>
            <Icon name="user" />
            <span class="nav-user" safe>
              {viewer.username}
            </span>
          </a>
          <form method="post" action="/pages/logout">
            <button class="button button-quiet" type="submit">
              <Icon name="sign-out" />
              <span class="hide-when-narrow">Sign out</span>
            </button>
          </form>
        </div>
      </div>
    </header>
  );
}

/** Finds by id and name; on a phone, a link to the page that does. */
function FindBox(): JSX.Element {
  return (
    <search class="find-box">
      <form method="get" action={FIND_PATH}>
        <input
          class="input"
          type="search"
          name="q"
          maxlength={200}
          placeholder="Find by id or name"
          aria-label="Find by id or name"
        />
        <a class="nav-link" href={FIND_PATH} aria-label="Find by id or name">
          <Icon name="search" />
        </a>
      </form>
    </search>
  );
}

function OpenHeader(): JSX.Element {
  return (
    <header class="header">
      <div class="header-inner">
        <a class="brand" href={MANUAL_PATH} aria-label="webhooker, to the manual">
          <Logo />
          <span>webhooker</span>
        </a>
        <nav class="nav" aria-label="Main">
          <NavLink href={MANUAL_PATH} label="Manual" current />
        </nav>
        <div class="header-end">
          <NavLink href="/pages/login" label="Sign in" current={false} />
        </div>
      </div>
    </header>
  );
}

function ProblemsLink({ count, current }: { count: number; current: boolean }): JSX.Element {
  return (
    <a class="nav-link" href="/problems" aria-current={current ? "page" : undefined}>
      <Icon name="alert" />
      <span class="hide-when-narrow">Problems</span>
      {count > 0 && (
        <span class="nav-count">
          {count}
          <span class="sr-only"> open</span>
        </span>
      )}
    </a>
  );
}

function NavLink({ href, label, current }: { href: string; label: string; current: boolean }): JSX.Element {
  return (
    <a class="nav-link" href={href} aria-current={current ? "page" : undefined} safe>
      {label}
    </a>
  );
}

function Crumbs({ crumbs, title }: { crumbs: readonly Crumb[]; title: string }): JSX.Element {
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <ol>
        {crumbs.map(({ href, label }) => (
          <li>
            <a href={attribute(href)} safe>
              {label}
            </a>
          </li>
        ))}
        <li aria-current="page" safe>
          {title}
        </li>
      </ol>
    </nav>
  );
}

const FAVICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Crect width='24' height='24' rx='6' fill='%234f46e5'/%3E%3Cpath d='M6 8l3 8 3-8 3 8 3-8' fill='none' stroke='%23fff' stroke-width='2.2' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";
