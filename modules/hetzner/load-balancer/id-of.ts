import { ref, Token, type TerraformResource } from "cdktf";

/** Id of a resource; of one that there may be none of, as others know it that are there as often. */
export const idOf = ({ count, terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  Token.asString(ref(`${terraformResourceType}.${friendlyUniqueId}${count === undefined ? "" : "[0]"}.id`));
