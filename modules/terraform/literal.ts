/** A text of the configuration as Terraform takes it word for word: `${` and `%{` would begin a template. */
export const literal = (text: string): string => text.replaceAll(/[$%]\{/g, (start) => `${start.charAt(0)}${start}`);
