// POST of a JSON text, for the alarm webhook. Says only whether it was taken; never an address, which may be a secret.

/** @throws Error when there is no answer in time, or it is not a 2xx */
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
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
};
