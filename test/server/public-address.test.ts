import { expect, test } from "bun:test";
import { loadConfig } from "../../src/config.ts";
import { warnOfLocalUrls } from "../../src/server/public-address.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const prod = { WEBHOOKER_ENVIRONMENT: "prod" };

test.each([
  ["a server without BASE_URL", prod, 1],
  ["a server whose BASE_URL is this machine", { ...prod, BASE_URL: "http://[::1]:8080" }, 1],
  ["a server with a name of its own", { ...prod, BASE_URL: "https://localhost.example.com" }, 0],
  ["a laptop", { WEBHOOKER_ENVIRONMENT: "dev" }, 0],
])(
  "%s is warned of entrypoint URLs that lead nowhere else only where they do",
  (_, environment, warnings) => {
    const { log, lines } = createRecordingLog();
    warnOfLocalUrls({ config: loadConfig(environment), log });
    expect(lines.map(({ level }) => level)).toEqual(Array.from({ length: warnings }, () => "warn"));
  },
);
