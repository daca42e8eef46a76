/** The page behind the link of the first start. A form signs in, so that no program that follows links uses it up. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Logo } from "../components/icon.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import { FIRST_SIGN_IN_PATH } from "./first-sign-in-path.ts";

/** `username` is null where the link is used up. */
export function firstSignInView({
  token,
  username,
}: {
  token: string;
  username: string | null;
}): JSX.Element {
  return (
    <Layout title="First sign-in" viewer={null}>
      <div class="sign-in">
        <div class="sign-in-brand">
          <Logo />
          <div>
            <h1>Welcome to webhooker</h1>
            <p class="lead">Every webhook, accounted for.</p>
          </div>
        </div>
        <section class="card stack">
          {username === null ? (
            <>
              <Notice
                tone="bad"
                text="This link cannot be used any more."
                hint="It works once, for a few minutes after the first start, and until somebody signs in."
              />
              <Button kind="primary" label="Sign in with the password" href="/pages/login" />
            </>
          ) : (
            <form class="form" method="post" action={FIRST_SIGN_IN_PATH}>
              <p>
                This link signs you in as <strong safe>{username}</strong>, once. Change the password in your
                profile afterwards, or note the printed one.
              </p>
              <input type="hidden" name="token" value={attribute(token)} />
              <Button kind="primary" label={`Sign in as ${username}`} />
            </form>
          )}
        </section>
      </div>
    </Layout>
  );
}
