import { describe, expect, it } from "vitest";
import {
  ConnectFailure,
  isDuplicate,
  isSecondHandshakeError,
  judge,
  WrongMember,
} from "../../../examples/guestbook/src/database/errors.js";

const server = (errno: number): Error => Object.assign(new Error("x"), { errno, sqlState: "HY000", code: "ER_X" });
const network = (code: string): Error => Object.assign(new Error("x"), { code });

describe("the reaction to a database error", () => {
  it.each([
    1021, 1026, 1040, 1053, 1077, 1114, 1180, 1290, 1317, 1598, 1792, 1836, 1927, 3032, 3100, 3169, 3781, 3782, 3783,
    3796, 3797, 3798, 4031, 4094,
  ])("after database error %i, the guestbook opens new connections, because another member becomes primary", (errno) =>
    expect(judge(server(errno))).toBe("renew"),
  );

  it.each(["ECONNRESET", "EPIPE", "ETIMEDOUT", "PROTOCOL_CONNECTION_LOST"])(
    "after the network error %s, the guestbook opens new database connections",
    (code) => expect(judge(network(code))).toBe("renew"),
  );

  it("after an error that the driver marks as fatal, the guestbook opens new database connections", () =>
    expect(judge(Object.assign(new Error("x"), { fatal: true }))).toBe("renew"));

  it.each([1205, 1213, 3101, 1146])(
    "after database error %i, the guestbook retries the statement on the same connections",
    (errno) => expect(judge(server(errno))).toBe("retry"),
  );

  it.each([new ConnectFailure("x"), new WrongMember("x")])(
    "after a $name, the guestbook opens new database connections",
    (error) => expect(judge(error)).toBe("renew"),
  );

  it.each([1062, 1064, 1142, 1406, 9999])(
    "after database error %i, the guestbook does not retry the statement, because the statement itself is wrong",
    (errno) => expect(judge(server(errno))).toBe("reject"),
  );

  it.each([new TypeError("bug"), "text", undefined])(
    "the guestbook does not retry a statement after an error that does not come from the database: %s",
    (error) => expect(judge(error)).toBe("reject"),
  );

  it("the guestbook recognizes the database error for a duplicate key", () => {
    expect(isDuplicate(server(1062))).toBe(true);
    expect(isDuplicate(server(1064))).toBe(false);
  });

  it("only the MySQL driver's error of a failed TLS handshake is ignored; other unhandled errors end the process", () => {
    const failed = Object.assign(new Error("shutdown EINVAL"), { code: "HANDSHAKE_SSL_ERROR", fatal: true });
    expect([failed, network("EINVAL"), new TypeError("bug"), undefined].map(isSecondHandshakeError)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
