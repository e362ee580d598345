import { bucketUrl } from "../../../config/release.js";
import type { PayloadContext, PayloadPart } from "../../part/part.js";
import { packages } from "../../../platform/packages.js";
import { paths } from "../../../platform/paths.js";
import { readStatic, renderTemplate } from "../../part/templates.js";

const file = (name: string): URL => new URL(`./files/${name}`, import.meta.url);

const fetchRelease = ({ application: { storage } }: PayloadContext["config"]): string =>
  renderTemplate(file("fetch-release.hbs"), {
    storage,
    ...(storage && { bucketUrl: bucketUrl(storage), key: paths.release.key }),
  });

/**
 * Returns the part with the URL of the server's first release and the script `fetch-release`. The units of the
 * platform's programs call `fetch-release`. The release also contains platform scripts without settings, which are
 * installed in /opt/platform.
 */
export const releasePart = ({ config }: PayloadContext): PayloadPart => ({
  name: "release",
  packages: packages.release,
  files: [
    {
      path: paths.release.environmentFile,
      content: renderTemplate(file("release.env.hbs"), config.application),
      // `deploy-app` installs later releases on existing servers, so a new release makes no server outdated.
      decisiveContent: renderTemplate(file("release.env.hbs"), { url: "", sha256: "" }),
    },
    { path: paths.release.fetch, permissions: "0755", content: fetchRelease(config) },
  ],
  setup: readStatic(file("setup-release")),
});
