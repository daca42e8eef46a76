/** Puts one question to a worker of its own, which ends with the answer. */

/**
 * Rejects where the worker fails by what it did not catch. The worker's script decides what the answer is; of what it
 * sends `isAnswer` is asked, where there is more than that.
 */
export async function askWorker<Request, Answer>(
  script: URL,
  request: Request,
  isAnswer: (message: Answer) => boolean = () => true,
): Promise<Answer> {
  const worker = new Worker(script.href);
  // No question keeps a program running that has stopped.
  worker.unref();
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (isAnswer(data)) resolve(data);
      };
      worker.onerror = (event: ErrorEvent) => reject(new Error(`looking at files failed: ${event.message}`));
      // Not every end is an error; after an answer it tells nobody anything.
      worker.addEventListener("close", () => reject(new Error("looking at files ended early")));
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
