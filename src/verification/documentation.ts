/** The page on which each service documents its webhooks, for links from forms. */

const PAGES: Readonly<Record<string, string>> = {
  "aws-sns": "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html",
  asana: "https://developers.asana.com/docs/webhooks-guide",
  bitbucket: "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/",
  calendly: "https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures",
  clio: "https://docs.developers.clio.com/guides/clio-manage/webhooks/",
  discord: "https://docs.discord.com/developers/events/webhook-events",
  dropbox: "https://www.dropbox.com/developers/reference/webhooks",
  ebay: "https://developer.ebay.com/marketplace-account-deletion",
  elevenlabs: "https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks",
  "event-grid":
    "https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema",
  front: "https://dev.frontapp.com/docs/application-webhooks",
  github: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
  gitlab: "https://docs.gitlab.com/user/project/integrations/webhooks/",
  knock: "https://docs.knock.app/developer-tools/outbound-webhooks",
  linear: "https://linear.app/developers/webhooks",
  linkedin: "https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation",
  mailgun: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
  meta: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
  "microsoft-graph": "https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks",
  monday: "https://developer.monday.com/apps/docs/integration-authorization",
  mux: "https://www.mux.com/docs/core/verify-webhook-signatures",
  nylas: "https://developer.nylas.com/docs/v3/notifications/",
  okta: "https://developer.okta.com/docs/concepts/event-hooks",
  paddle: "https://developer.paddle.com/webhooks/signature-verification",
  pagerduty: "https://docs.pagerduty.com/developer/verifying-webhook-signatures",
  paypal: "https://developer.paypal.com/api/rest/webhooks/rest/",
  persona: "https://docs.withpersona.com/docs/best-practices",
  ringcentral: "https://developers.ringcentral.com/guide/notifications/webhooks/receiving",
  sendgrid:
    "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
  shopify: "https://shopify.dev/docs/apps/build/webhooks",
  slack: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
  smartcar: "https://smartcar.com/docs/webhooks",
  square: "https://developer.squareup.com/docs/webhooks/step3validate",
  "standard-webhooks": "https://www.standardwebhooks.com",
  strava: "https://developers.strava.com/docs/webhooks/",
  stripe: "https://docs.stripe.com/webhooks",
  teams:
    "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook",
  telnyx: "https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks",
  tiktok: "https://developers.tiktok.com/doc/webhooks-verification",
  trello: "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
  twilio: "https://www.twilio.com/docs/usage/webhooks/webhooks-security",
  twitch: "https://dev.twitch.tv/docs/eventsub/handling-webhook-events",
  twitter: "https://docs.x.com/x-api/webhooks/introduction",
  vercel: "https://vercel.com/docs/webhooks/webhooks-api",
  websub: "https://www.w3.org/TR/websub/",
  woocommerce: "https://woocommerce.com/document/webhooks/",
  workos: "https://workos.com/docs/events/data-syncing/webhooks",
  zendesk: "https://developer.zendesk.com/documentation/webhooks/verifying/",
  zoom: "https://developers.zoom.us/docs/api/webhooks/",
};

/** Returns null for a provider that is bound to no service. */
export function documentationOf(type: string): string | null {
  return PAGES[type] ?? null;
}
