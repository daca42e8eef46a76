/**
 * Runs inside the sandbox before a transformation's code: calls the code in the shape it was written for, and tells the
 * gateway what it changed. Code that replaces built-in functions spoils its own result only: the gateway checks every
 * answer.
 */
(repeat) => {
  const { parse, stringify } = JSON;
  const { keys, hasOwn, defineProperty } = Object;
  const { isArray } = Array;
  const GivenError = Error;
  const GivenPromise = Promise;

  const MOST_BODY = 4 * 1024 * 1024;
  const MOST_LINES = 50;
  const MOST_LINE = 500;
  const FRAME = /(transformation\.js|gateway\.js):(\d+)(?::(\d+))?/;
  const JSON_TYPE = /\bjson\b/i;
  const LOOKS_LIKE_JSON = /^\s*[{[]/;

  let lines = [];
  let added = null;
  let call = null;

  globalThis.addHandler = (kind, handler) => {
    if (kind !== "transform") throw new TypeError('addHandler takes "transform" as its first argument');
    if (typeof handler !== "function")
      throw new TypeError("addHandler takes a function as its second argument");
    added = handler;
  };

  function note(...values) {
    if (lines.length >= MOST_LINES) return;
    let line = "";
    for (const value of values) {
      line += `${line === "" ? "" : " "}${typeof value === "string" ? value : (stringify(value) ?? String(value))}`;
    }
    lines.push(line.slice(0, MOST_LINE));
  }
  globalThis.console = { log: note, info: note, warn: note, error: note, debug: note };

  /** Own message and place of whatever was thrown; its getters may throw again. */
  function describe(thrown) {
    try {
      if (!(thrown instanceof GivenError)) return { message: `threw ${String(thrown).slice(0, 300)}` };
      const message = `${thrown.name}: ${thrown.message}`.slice(0, 500);
      const found = FRAME.exec(thrown.stack);
      if (found === null || found[1] !== "transformation.js") return { message };
      return { message, line: +found[2], column: +(found[3] ?? 1) };
    } catch {
      return { message: "threw something that cannot be shown" };
    }
  }

  class Refused extends GivenError {}

  function parsedBody(input) {
    if (input.body === undefined) return null;
    if (input.is_body_deep) return input.body;
    if (!JSON_TYPE.test(input.headers["content-type"] ?? "") && !LOOKS_LIKE_JSON.test(input.body))
      return input.body;
    try {
      return parse(input.body);
    } catch {
      return input.body;
    }
  }

  function parsedQuery(query) {
    const parsed = {};
    if (query === "") return parsed;
    const pair = /([^&=]+)=?([^&]*)/g;
    for (let found = pair.exec(query); found !== null; found = pair.exec(query)) {
      const name = decoded(found[1]);
      const value = decoded(found[2]);
      const known = hasOwn(parsed, name) ? parsed[name] : undefined;
      if (isArray(known)) known.push(value);
      else setOwn(parsed, name, known === undefined ? value : [known, value]);
    }
    return parsed;
  }

  function setOwn(object, name, value) {
    defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }

  function decoded(word) {
    const spaced = word.replaceAll("+", " ");
    try {
      return decodeURIComponent(spaced);
    } catch {
      return spaced;
    }
  }

  function queryOf(parsed) {
    let query = "";
    for (const name of keys(parsed)) {
      for (const value of isArray(parsed[name]) ? parsed[name] : [parsed[name]]) {
        if (value === undefined || value === null) continue;
        query += `${query === "" ? "" : "&"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
      }
    }
    return query;
  }

  function word(value, name) {
    if (typeof value !== "string") throw new Refused(`returned a ${name} that is no text`);
    return value;
  }

  function headerChanges(before, after) {
    if (typeof after !== "object" || after === null || isArray(after)) {
      throw new Refused("returned headers that are no object");
    }
    const changes = { set: {}, removed: [] };
    const kept = {};
    for (const name of keys(after)) {
      const value = after[name];
      if (value === undefined || value === null) continue;
      setOwn(kept, name.toLowerCase(), true);
      if (value === before[name]) continue;
      const values = [];
      for (const one of isArray(value) ? value : [value]) {
        if (typeof one === "object") throw new Refused(`returned a header ${name} that is no text`);
        values.push(String(one));
      }
      setOwn(changes.set, name, values);
    }
    for (const name of keys(before)) if (!hasOwn(kept, name)) changes.removed.push(name);
    return keys(changes.set).length + changes.removed.length === 0 ? undefined : changes;
  }

  function bodyChange(input, body) {
    if (body === undefined) return undefined;
    if (body === null) return input.body === undefined ? undefined : "";
    const after = typeof body === "string" ? body : stringify(body);
    if (after === undefined) throw new Refused("returned a body that JSON cannot carry");
    if (after.length > MOST_BODY) throw new Refused("returned a body over 4 MiB");
    return after === input.body ? undefined : after;
  }

  function checked(result, sample) {
    if (result instanceof GivenPromise) {
      throw new Refused("is asynchronous: nothing can be awaited, return the result itself");
    }
    if (result === undefined)
      throw new Refused(`returned nothing: return ${sample}, or null to drop the delivery`);
    return result;
  }

  function requestCall(handler, input) {
    const request = {
      method: input.method,
      path: input.path,
      query: input.query,
      parsed_query: parsedQuery(input.query),
      headers: { ...input.headers },
      body: parsedBody(input),
    };
    const queried = input.query === "" ? "{}" : stringify(request.parsed_query);
    const result = checked(
      handler(request, { ...input.context, body_text: input.body ?? null }),
      "the request",
    );
    if (result === null) return null;
    if (typeof result !== "object" || isArray(result))
      throw new Refused("returned something that is no request");
    const { method, path, headers, body, parsed_query: parsed } = result;
    let { query } = result;
    if (typeof query === "string" && query[0] === "?") query = query.slice(1);
    if ((query === undefined || query === input.query) && typeof parsed === "object" && parsed !== null) {
      if (keys(parsed).length > 0 ? stringify(parsed) !== queried : queried !== "{}") query = queryOf(parsed);
    }
    return {
      method: method === undefined || method === input.method ? undefined : word(method, "method"),
      path: path === undefined || path === input.path ? undefined : word(path, "path"),
      query: query === undefined || query === input.query ? undefined : word(query, "query"),
      headers: headers === undefined ? undefined : headerChanges(input.headers, headers),
      body: bodyChange(input, body),
    };
  }

  function payloadCall(transform, input) {
    const payload = checked(transform(parsedBody(input)), "the payload");
    return payload === null ? null : { body: bodyChange(input, payload) };
  }

  function webhookCall(handler, input) {
    const { type } = input.context;
    const webhook = {
      method: input.method,
      url: null,
      payload: parsedBody(input),
      eventType: type,
      headers: {},
    };
    const result = checked(handler(webhook), "the webhook");
    if (result === null || result.cancel === true) return null;
    const { method, url, payload, headers } = result;
    if (url !== null && url !== undefined)
      throw new Refused("set a URL: a delivery goes to its target's URL");
    const set = { ...input.headers };
    for (const name of keys(headers ?? {})) setOwn(set, name.toLowerCase(), headers[name]);
    return {
      method: method === undefined || method === input.method ? undefined : word(method, "method"),
      headers: headerChanges(input.headers, set),
      body: bodyChange(input, payload),
    };
  }

  return {
    describe: (thrown) => stringify(describe(thrown)),
    /** Returns the fault of the code's shape; "" where there is none. */
    choose(transform, handler) {
      if (added !== null) call = (input) => requestCall(added, input);
      else if (typeof transform === "function") call = (input) => payloadCall(transform, input);
      else if (typeof handler === "function") call = (input) => webhookCall(handler, input);
      return call === null
        ? 'Call addHandler("transform", (request, context) => request), or define a function named transform or handler.'
        : "";
    },
    run(given) {
      const input = parse(given);
      repeat(input.at, input.context.event_id);
      lines = [];
      const told = () => (input.wants_lines ? lines : undefined);
      try {
        const changes = call(input);
        return stringify(changes === null ? { dropped: true, lines: told() } : { changes, lines: told() });
      } catch (thrown) {
        const fault = thrown instanceof Refused ? { message: `It ${thrown.message}.` } : describe(thrown);
        return stringify({ fault, lines: told() });
      }
    },
  };
};
