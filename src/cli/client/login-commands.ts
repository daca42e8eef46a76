/** `webhooker login` and `webhooker logout`: keep an API key for a gateway elsewhere. */
import type { Command } from "commander";
import { z } from "zod";
import type { Io } from "../io.ts";
import { createGatewayClient } from "./gateway-client.ts";
import { isPlain, readGatewayUrl } from "./gateway-url.ts";
import { loginPath, readLogin, removeLogin, writeLogin } from "./login-file.ts";
import { RemoteError } from "./remote-error.ts";

const callerSchema = z.object({ user_id: z.string(), scopes: z.array(z.string()).nullable().optional() });

export function addLoginCommands(program: Command, io: Io): void {
  program
    .command("login")
    .description("sign in to a gateway with an API key")
    .argument("<url>", "address of the gateway, such as https://hooks.example.com")
    .action(async (address: string) => {
      const url = readGatewayUrl(address);
      if (isPlain(url)) io.err(`Anyone on the network can read the API key on its way to ${url}.`);
      const apiKey = (await io.readSecret("API key: ")).trim();
      if (apiKey === "") throw noKey(url);
      const caller = await createGatewayClient({ url, apiKey }).ask({ path: "/me", schema: callerSchema });
      const environment = io.clientEnvironment();
      writeLogin(environment, { url, apiKey });
      const scopes = caller.scopes ?? null;
      const limits = scopes === null ? "" : ` The key is limited to: ${scopes.join(", ")}.`;
      io.out(`Signed in to ${url}. The API key is in ${loginPath(environment)}.${limits}`);
    });

  program
    .command("logout")
    .description("forget the API key that login keeps")
    .action(() => {
      const environment = io.clientEnvironment();
      const login = readLogin(environment);
      removeLogin(environment);
      io.out(
        login === null
          ? "You were not signed in."
          : `Signed out of ${login.url}. To make the key useless, revoke it on your profile page.`,
      );
    });
}

function noKey(url: string): RemoteError {
  return new RemoteError({
    kind: "unauthenticated",
    message: "There is no API key on standard input.",
    hint: `Create one on your profile page (${url}/profile) or with: webhooker apikey create.`,
  });
}
