import { ref, Token, type TerraformResource } from "cdktf";

/** Returns the id of a resource. If the resource has a count, the reference contains its index. */
export const idOf = ({ count, terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  Token.asString(ref(`${terraformResourceType}.${friendlyUniqueId}${count === undefined ? "" : "[0]"}.id`));
