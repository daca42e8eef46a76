/** Samples of what teams work with: code, issues, chat. */
import { newId } from "../../lib/ids.ts";
import { CUSTOMER, iso, JSON_TYPE, json, type Sample, seconds } from "./sample.ts";

export const TEAM_SAMPLES: readonly Sample[] = [
  {
    id: "github",
    label: "GitHub: push",
    provider: "github",
    headers: [JSON_TYPE, ["User-Agent", "GitHub-Hookshot/sample"], ["X-GitHub-Event", "push"]],
    body: json((now) => ({
      ref: "refs/heads/main",
      before: "0".repeat(40),
      after: "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
      repository: { id: 1296269, name: "hello-world", full_name: "octocat/hello-world", private: false },
      pusher: { name: "octocat", email: "octocat@example.com" },
      sender: { login: "octocat", id: 583231, type: "User" },
      commits: [
        {
          id: "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
          message: "Update README.md",
          timestamp: iso(now),
          author: CUSTOMER,
          modified: ["README.md"],
        },
      ],
    })),
  },
  {
    id: "gitlab",
    label: "GitLab: merge request",
    provider: "gitlab",
    headers: [JSON_TYPE, ["User-Agent", "GitLab/sample"], ["X-Gitlab-Event", "Merge Request Hook"]],
    body: json((now) => ({
      object_kind: "merge_request",
      event_type: "merge_request",
      user: { id: 1, name: CUSTOMER.name, username: "ada" },
      project: { id: 15, name: "hello-world", path_with_namespace: "ada/hello-world" },
      object_attributes: {
        iid: 7,
        title: "Add a page",
        state: "opened",
        action: "open",
        source_branch: "page",
        target_branch: "main",
        created_at: iso(now),
      },
    })),
  },
  {
    id: "linear",
    label: "Linear: issue created",
    provider: "linear",
    headers: [JSON_TYPE, ["User-Agent", "Linear-Webhook"], ["Linear-Event", "Issue"]],
    body: json((now) => ({
      action: "create",
      type: "Issue",
      createdAt: iso(now),
      data: { id: newId(), number: 42, title: "Something is wrong", priority: 2, state: { name: "Todo" } },
      url: "https://linear.app/example/issue/EX-42",
      organizationId: newId(),
      webhookTimestamp: now,
      webhookId: newId(),
    })),
  },
  {
    id: "slack",
    label: "Slack: app mention",
    provider: "slack",
    headers: [JSON_TYPE, ["User-Agent", "Slackbot 1.0"]],
    body: json((now) => ({
      type: "event_callback",
      team_id: "T123ABC456",
      api_app_id: "A123ABC456",
      event_id: `Ev${newId()}`,
      event_time: seconds(now),
      event: {
        type: "app_mention",
        user: "U123ABC456",
        text: "<@U0LAN0Z89> is it everything a river should be?",
        ts: `${seconds(now)}.000200`,
        channel: "C123ABC456",
      },
    })),
  },
];
