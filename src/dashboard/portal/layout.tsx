/** Frame of a portal's pages: name and logo of the webhook's owner, no navigation of the dashboard, and no script. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { ErrorDescription } from "../../http/error-description.ts";
import type { PortalSettings } from "../../storage/main-db/portal/portal-links.ts";
import { assetPaths } from "../assets/assets.ts";
import { Button } from "../components/button.tsx";
import { ErrorSection, titleOf } from "../components/error-section.tsx";
import { FlashLine } from "../components/flash-line.tsx";
import { attribute } from "../render.ts";
import type { Flash } from "../viewer.ts";
import { portalPath, themePath } from "./paths.ts";

export type PortalFrame = Readonly<{
  linkId: string;
  settings: PortalSettings;
  flash: Flash | null;
}>;

const NAME = "Webhooks";
const LOGO_SIZE = "28";

export function PortalLayout(
  props: PropsWithChildren<Readonly<{ title: string; frame: PortalFrame; isHome?: boolean }>>,
): JSX.Element {
  const { title, frame, isHome = false, children } = props;
  const { linkId, settings, flash } = frame;
  const name = settings.name ?? NAME;
  return (
    <html lang="en" data-theme="system">
      <head>
        <meta charset="utf-8" />
        <title safe>{`${title} · ${name}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href={assetPaths.stylesheet} />
        <link rel="stylesheet" href={attribute(themePath(linkId))} />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <a class="skip-link" href="#main">
          Skip to content
        </a>
        <header class="header portal-header">
          <div class="header-inner">
            <a class="brand" href={attribute(portalPath(linkId))}>
              {settings.logo !== null && (
                <img src={attribute(settings.logo)} alt="" width={LOGO_SIZE} height={LOGO_SIZE} />
              )}
              <span safe>{name}</span>
            </a>
          </div>
        </header>
        <main id="main" class="main" tabindex="-1">
          {!isHome && (
            <nav class="crumbs" aria-label="Breadcrumb">
              <ol>
                <li>
                  <a href={attribute(portalPath(linkId))}>Overview</a>
                </li>
                <li aria-current="page" safe>
                  {title}
                </li>
              </ol>
            </nav>
          )}
          <FlashLine flash={flash} />
          {children}
        </main>
      </body>
    </html>
  );
}

/** For whoever has a session of the link. */
export function PortalErrorPage(
  props: Readonly<{ frame: PortalFrame; error: ErrorDescription; requestId: string }>,
): JSX.Element {
  const { frame, error, requestId } = props;
  return (
    <PortalLayout title={titleOf(error)} frame={frame}>
      <ErrorSection error={error} requestId={requestId}>
        <Button kind="primary" href={portalPath(frame.linkId)} label="To the overview" />
      </ErrorSection>
    </PortalLayout>
  );
}

/** Without a session: has nothing of a portal, and nothing to do. */
export function NoPortalPage({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <html lang="en" data-theme="system">
      <head>
        <meta charset="utf-8" />
        <title safe>{title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href={assetPaths.stylesheet} />
      </head>
      <body>
        <main id="main" class="main">
          <section class="error-page">
            <h1 safe>{title}</h1>
            <p class="lead" safe>
              {text}
            </p>
          </section>
        </main>
      </body>
    </html>
  );
}
