import { createApplication } from "./application.js";
import { openDatabase } from "./database.js";

const { env } = process;
const server = createApplication(openDatabase(env), env);
// nginx closes idle connections first, after 5 s.
server.keepAliveTimeout = 75_000;
// systemd passes its socket as descriptor 3.
if (env.LISTEN_PID === String(process.pid)) server.listen({ fd: 3 });
else server.listen(Number(env.PORT ?? 3000), env.HOST ?? "127.0.0.1");

// Serves for 7 s, in which nginx uses up or closes its idle connections, and then finishes open requests.
process.once("SIGTERM", () => {
  server.prependListener("request", (_, response) => response.setHeader("Connection", "close"));
  setTimeout(() => server.close(() => process.exit(0)), 7000);
});
