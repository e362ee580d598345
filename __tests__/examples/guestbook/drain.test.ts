import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, it } from "vitest";
import { pause } from "../../../examples/guestbook/src/database/time.js";
import type { AppEnv } from "../../../examples/guestbook/src/http.js";
import { Drain } from "../../../examples/guestbook/src/operations/drain.js";
import { inheritsSocket } from "../../../examples/guestbook/src/operations/listen.js";
import { serve, type TestServer } from "./support/http.js";

let app: TestServer;
let drain: Drain;
let agent: Agent;

beforeEach(async () => {
  app = await serve(
    new Hono<AppEnv>()
      .get("/", (c) => c.json({}))
      .get("/slow", (c) => pause(150).then(() => c.json({})))
      .get("/never", () => new Promise<Response>(() => undefined)),
  );
  drain = new Drain(app.server);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(() => {
  agent.destroy();
  app.close();
});

const get = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(app.url + path, { agent }, (response) => {
      response.resume().once("end", () => resolve(response));
    });
    request.on("error", reject).end();
  });

it("a guestbook server without connections stops immediately", async () => {
  const before = Date.now();
  await drain.stop();
  expect(Date.now() - before).toBeLessThan(1000);
});

it("a stopping guestbook server answers one more request of an idle connection and asks the client to close the connection", async () => {
  expect((await get("/")).headers.connection).toBe("keep-alive");
  const stopped = drain.stop({ drainMs: 2000 });
  await pause(50);
  const last = await get("/");
  expect(last.statusCode).toBe(200);
  expect(last.headers.connection).toBe("close");
  await stopped;
});

it("a stopping guestbook server accepts connections while it has idle connections, because no other process accepts connections yet", async () => {
  await get("/");
  const stopped = drain.stop({ drainMs: 300 });
  await pause(50);
  expect((await fetch(app.url)).status).toBe(200);
  await stopped;
  await expect(fetch(app.url)).rejects.toThrow();
});

it("a stopping guestbook server finishes a running request and asks the client to close the connection", async () => {
  const slow = get("/slow");
  await pause(50);
  await drain.stop();
  expect((await slow).headers.connection).toBe("close");
});

it("a stopping guestbook server waits for an accepted connection whose request arrives a moment later", async () => {
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  await pause(20);
  const stopped = drain.stop({ drainMs: 0 });
  await pause(50);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const answer = await new Promise((resolve) => socket.once("data", (bytes) => resolve(bytes.toString().slice(0, 15))));
  expect(answer).toBe("HTTP/1.1 200 OK");
  await stopped;
});

it("a guestbook server stops within its time limit although a request never ends", async () => {
  const never = get("/never").catch((error: Error) => error.message);
  await pause(50);
  const before = Date.now();
  await drain.stop({ drainMs: 100, finishMs: 100 });
  expect(Date.now() - before).toBeLessThan(3000);
  expect(await never).toBe("socket hang up");
});

it("a server uses an inherited socket only if systemd passed the socket to this process", () => {
  expect(inheritsSocket({ LISTEN_FDS: "1", LISTEN_PID: "42" }, 42)).toBe(true);
  expect(inheritsSocket({ LISTEN_FDS: "1", LISTEN_PID: "41" }, 42)).toBe(false);
  expect(inheritsSocket({ LISTEN_FDS: "2", LISTEN_PID: "42" }, 42)).toBe(false);
  expect(inheritsSocket({}, 42)).toBe(false);
});
