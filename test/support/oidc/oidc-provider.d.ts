/** The few parts of oidc-provider that tests use; the package has no types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  type Context = {
    path: string;
    method: string;
    body: unknown;
    status: number;
    type: string;
    req: IncomingMessage;
    res: ServerResponse;
    oidc?: { route?: string; session?: { accountId?: string }; client?: { clientId: string } };
    redirect: (url: string) => void;
  };

  type Grant = { addOIDCScope: (scopes: string) => void; save: () => Promise<string> };

  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    proxy: boolean;
    Grant: {
      new (of: { accountId: string; clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
    interactionDetails(
      req: IncomingMessage,
      res: ServerResponse,
    ): Promise<{ params: Record<string, string> }>;
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
    callback(): (req: IncomingMessage, res: ServerResponse) => void;
  }
}
