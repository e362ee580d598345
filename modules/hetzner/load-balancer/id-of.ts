import { ref, Token, type TerraformResource } from "cdktf";

/** Id of a resource. If the resource has a count, the id has the index of the resource that refers to it. */
export const idOf = ({ count, terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  Token.asString(ref(`${terraformResourceType}.${friendlyUniqueId}${count === undefined ? "" : "[0]"}.id`));
