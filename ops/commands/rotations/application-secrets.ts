import { applicationSecretName } from "../../../modules/config/secrets.js";
import { outOfReach } from "../../core/judge.js";
import { type Context, lookFor } from "../../core/maintain.js";
import { give, holdersOf, restartApplication, sayLeft } from "../../core/secrets.js";

/** What `npm run ops rotate` calls the secrets of `application.secrets`. */
export const applicationSecrets = "application-secrets";

/**
 * Gives the values that are set for the application's secrets to all web servers, one after the other, and starts the application there anew.
 * They come from outside and have no generations: whoever they are shown to must accept the old value until the command has ended.
 * @throws at the first failure; run again, it goes on
 */
export async function giveApplicationSecrets(context: Context): Promise<void> {
  const { site, progress } = context;
  const names = Object.keys(site.config.application.secrets);
  if (names.length === 0)
    throw new Error("application.secrets is empty: the application has no secrets of its own that could change");
  const absent = outOfReach(await lookFor(context, "rotate"));
  const values = await progress.step(`values of ${names.join(", ")}`, (report) =>
    site.secrets.applicationSecrets(report),
  );
  const secrets = names.map(applicationSecretName);
  const holders = holdersOf(site.config, secrets);
  for (const server of holders.filter(({ name }) => !absent.has(name)))
    await progress.step(`${server.name}: gets the application's secrets`, async (report) => {
      const takeUp = () => restartApplication(site, server.name);
      await give(context, server, { what: applicationSecrets, secrets, values, takeUp }, report);
      await site.cloud.noteApplicationSecrets(server);
    });
  sayLeft(context, applicationSecrets, holders, absent);
  progress.say("every application that answers has the new values; the old values may now be rejected");
}
