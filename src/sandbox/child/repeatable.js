/** Runs inside the sandbox first: makes time and random numbers the same in every run for one event. */
(() => {
  const GivenDate = Date;
  let now = 0;
  let id = "";
  /** Made of the id when the code asks for the first number. */
  let random = null;

  /** sfc32, seeded by an FNV-1a hash of the event's id. */
  function seeded() {
    let hash = 2166136261;
    for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
    let [a, b, c, d] = [hash, hash ^ 0x9e3779b9, hash ^ 0x243f6a88, 1];
    const next = () => {
      const sum = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + sum;
      c |= 0;
      return (sum >>> 0) / 4294967296;
    };
    for (let round = 0; round < 12; round++) next();
    return next;
  }

  function FixedDate(...given) {
    if (new.target === undefined) return String(new GivenDate(now));
    return Reflect.construct(GivenDate, given.length === 0 ? [now] : given, new.target);
  }
  FixedDate.prototype = GivenDate.prototype;
  Object.defineProperty(FixedDate.prototype, "constructor", { value: FixedDate });
  Object.defineProperty(FixedDate, "name", { value: "Date" });
  FixedDate.now = () => now;
  FixedDate.parse = GivenDate.parse;
  FixedDate.UTC = GivenDate.UTC;
  globalThis.Date = FixedDate;
  Math.random = () => {
    random ??= seeded();
    return random();
  };

  return (at, eventId) => {
    now = at;
    id = eventId;
    random = null;
  };
})();
