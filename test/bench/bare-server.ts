/** The framework's limit: reads the body, stores nothing. Prints its port. */
import { Elysia } from "elysia";

const app = new Elysia({ precompile: true }).post(
  "/webhook/:id",
  async ({ request }) => {
    const body = await request.arrayBuffer();
    return { id: String(body.byteLength) };
  },
  { parse: "none" },
);
app.listen({ hostname: "127.0.0.1", port: 0 });
process.stdout.write(`${app.server?.port}\n`);
