import { createApplication } from "./application.js";
import { openDatabase } from "./database.js";

const { env } = process;
const server = createApplication(openDatabase(env), env);
// nginx closes idle connections after 5 s, so nginx always closes them before the application.
server.keepAliveTimeout = 75_000;
// systemd passes its socket as file descriptor 3.
if (env.LISTEN_PID === String(process.pid)) server.listen({ fd: 3 });
else server.listen(Number(env.PORT ?? 3000), env.HOST ?? "127.0.0.1");

// After SIGTERM, the server answers for 7 s, so that nginx uses or closes its idle connections. After the 7 s, the server finishes open
// requests.
process.once("SIGTERM", () => {
  server.prependListener("request", (_, response) => response.setHeader("Connection", "close"));
  setTimeout(() => server.close(() => process.exit(0)), 7000);
});
