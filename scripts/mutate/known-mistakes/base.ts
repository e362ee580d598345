import type { KnownMistakes } from "../mutation.js";

export const base: KnownMistakes = {
  "server-setup": [
    ['touch "$STATE/$name"', "true", "each part is set up again and again"],
    ["host-firewall | private-network) break ;;", "private-network) break ;;", "services without a firewall"],
    ["-o Acquire::Retries=0", "-o Acquire::Retries=100", "one source that is away stops everything"],
    ['[ $# -eq 0 ] || [ "$found" -eq $# ]', '[ "$found" -gt 0 ]', "a part with half of its packages"],
    ['touch "$STATE/complete"', "true", "a server is never set up"],
    ["SERVER_SETUP=running", "SERVER_SETUP=", "packages start services before their configuration"],
    ["--force-confold --configure", "--configure", "a question that nobody answers"],
    ["grep -cx installed", "grep -c installed", "packages that were removed count as installed"],
  ],
  "server-watch": [
    ["timeout 60 ", "timeout 600 ", "a check that hangs keeps the others from their turn"],
    ['then rm -f "$notice"; else', "then true; else", "a notice that nothing takes away"],
  ],
};
