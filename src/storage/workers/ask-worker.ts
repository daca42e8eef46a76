/** Puts one question to a new worker, which ends with the answer. */

/**
 * Posts the request and resolves with the first message that `isAnswer` accepts. Rejects if the worker throws an
 * uncaught error or ends without an answer. `Answer` is the type that the worker's script posts.
 */
export async function askWorker<Request, Answer>(
  script: URL,
  request: Request,
  isAnswer: (message: Answer) => boolean = () => true,
): Promise<Answer> {
  const worker = new Worker(script.href);
  // A question that is still open does not keep a stopped program running.
  worker.unref();
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (isAnswer(data)) resolve(data);
      };
      worker.onerror = (event: ErrorEvent) => reject(new Error(`the worker failed: ${event.message}`));
      // A worker may end without an error event; after an answer this rejection has no effect.
      worker.addEventListener("close", () => reject(new Error("the worker ended without an answer")));
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
