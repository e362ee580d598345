/** Escapes a configured text, so that Terraform does not interpret `${` and `%{` as templates. */
export const literal = (text: string): string => text.replaceAll(/[$%]\{/g, (start) => `${start.charAt(0)}${start}`);
