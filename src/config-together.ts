/** Finds variables that are missing beside others which need them. */

/** Set all of a row, or none. */
const TOGETHER = [
  ["METRICS_USERNAME", "METRICS_PASSWORD"],
  ["SMTP_URL", "MAIL_FROM"],
  ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ALLOWED_DOMAINS"],
] as const;

type Name = (typeof TOGETHER)[number][number];

/** `isFaulty`: a variable that is set but faulty has its own fault already. */
export function missingBeside(
  raw: Readonly<Record<string, string>>,
  isFaulty: (name: string) => boolean,
): readonly Readonly<{ variable: Name; fault: string }>[] {
  const rows =
    raw.PASSWORD_SIGN_IN === "off" ? [...TOGETHER, ["PASSWORD_SIGN_IN", "OIDC_ISSUER"] as const] : TOGETHER;
  const found = rows.flatMap((row) => {
    const given = row.find((name) => raw[name] !== undefined);
    if (given === undefined) return [];
    return row
      .filter((name) => name !== "PASSWORD_SIGN_IN")
      .filter((name) => !(name in raw) && !isFaulty(name))
      .map((variable) => ({ variable, fault: `is missing while ${given} is set` }));
  });
  return found.filter(
    ({ variable }, index) => found.findIndex((other) => other.variable === variable) === index,
  );
}
