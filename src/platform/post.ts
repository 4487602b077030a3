// POST of a JSON text, for the webhook. Says only whether it was taken; never an address, which may be a secret.

/** The webhook answered, and did not take it. Every other error leaves open whether it did. */
export class NotTaken extends Error {
  override readonly name = "NotTaken";
}

/** @throws NotTaken when the answer is not a 2xx, another Error when there is none in time */
export type Post = (url: string, body: string, options: { timeoutMs: number }) => Promise<void>;

export const post: Post = async (url, body, { timeoutMs }) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new NotTaken(`the webhook answered ${response.status}`);
};
