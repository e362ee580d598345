import { DatabaseUnavailable } from "../database/errors.js";

/** Properties of {@link HttpError}. */
export interface HttpErrorProps {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Word for programs, such as `not_found`. */
  readonly code: string;
  /** Sentence for people. It goes to the client: no internals. */
  readonly message: string;
  /** One sentence per problem of the input. @default - none */
  readonly problems?: readonly string[];
  /** @default - none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer other than success. Thrown by handlers, written by the server in the form the client asked for. */
export class HttpError extends Error {
  override readonly name = "HttpError";

  constructor(readonly props: HttpErrorProps) {
    super(props.message);
  }
}

/** 400, with one sentence for each problem of the input. */
export const badRequest = (message: string, problems?: readonly string[]): HttpError =>
  new HttpError({ status: 400, code: "bad_request", message, problems });

/** 404. */
export const notFound = (message: string): HttpError => new HttpError({ status: 404, code: "not_found", message });

/** Converts an error for the client. Errors other than {@link HttpError} are returned without details. */
export const toHttpError = (error: unknown): HttpError => {
  if (error instanceof HttpError) return error;
  if (error instanceof DatabaseUnavailable)
    return new HttpError({
      status: 503,
      code: "database_unavailable",
      message: "The database is not available at the moment. Please try again in a few seconds.",
      headers: { "retry-after": "5" },
    });
  return new HttpError({ status: 500, code: "internal_error", message: "Something went wrong on our side." });
};
