/** /me: the owner of the API key. */

import { type Operation, operation } from "../operation.ts";
import { callerSchema, presentLimits } from "./key-limits.ts";

export function callerOperations(): readonly Operation[] {
  return [
    operation({
      id: "getCaller",
      method: "GET",
      path: "/me",
      tag: "API",
      scope: null,
      forLimitedKeys: true,
      summary: "Read the caller's identity",
      success: { status: 200, description: "The user and the API key.", schema: callerSchema },
      handle: async ({ caller: { userId, apiKeyId, ...limits } }) => ({
        user_id: userId,
        api_key_id: apiKeyId,
        ...presentLimits(limits),
      }),
    }),
  ];
}
