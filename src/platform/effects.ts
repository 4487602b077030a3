// Everything that is not a decision comes in through here, so that a simulation can own clock, sleep and network.
import type { ObjectId } from "mongodb";
import type { Post } from "./post.ts";

export interface HttpAnswer {
  status: number;
  /** `Retry-After` as it came, or null. */
  retryAfter: string | null;
  body: Uint8Array;
  /** It had more bytes than these: only its beginning is here. */
  cutAt?: number;
  /** `Content-Type` and `Location` as they came. */
  contentType?: string | null;
  location?: string | null;
}

export interface HttpOptions {
  timeoutMs: number;
  /** Beside, or in place of, those that every request has. */
  headers?: Record<string, string>;
  /** POST where there is one. */
  body?: string;
  /** More of the body, unpacked, is not read. */
  bytesMax?: number;
  /** Takes the body of a 200 as it comes, piece by piece; the answer's own body is empty then. */
  take?: (piece: Uint8Array) => Promise<void>;
}

/** GET. Answers whatever the status; redirects are answers too. @throws TransportError */
export type HttpGet = (url: string, options: HttpOptions) => Promise<HttpAnswer>;

/** No answer: a timeout, a reset, a refused connection, a body that ended early. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly timedOut: boolean;

  constructor(message: string, options: { timedOut: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.timedOut = options.timedOut;
  }
}

export interface Effects {
  now(): Date;
  sleep(ms: number): Promise<void>;
  get: HttpGet;
  /** For the alarm webhook. */
  post: Post;
  /** Uniform in [0, 1). */
  random(): number;
  newId(): ObjectId;
}
