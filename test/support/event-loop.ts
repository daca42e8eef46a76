/**
 * Loaded before all tests. While a test awaits only what does not keep a program running, such as a child or a worker that
 * was let go by `unref`, the test runner turns its event loop without a break, and takes a whole processor for that.
 */
setInterval(() => undefined, 60 * 60 * 1_000);
