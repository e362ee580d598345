import memoize from "memoize";
import ts from "typescript";

/** Returns the TypeScript type of an environment file, and the type checker. */
function environmentInput(): { readonly checker: ts.TypeChecker; readonly type: ts.Type } {
  const file = "modules/config/schema.ts";
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile("tsconfig.json", (path) => ts.sys.readFile(path)).config,
    ts.sys,
    ".",
  );
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === "EnvironmentInput");
  if (!symbol) throw new Error(`${file} must export the type EnvironmentInput`);
  return { checker, type: checker.getDeclaredTypeOfSymbol(symbol) };
}

/** Returns a function that reads the description of a setting. The description is the comment of the setting's property in the schema. */
export const descriptions = memoize((): ((path: readonly string[]) => string) => {
  const { checker, type: root } = environmentInput();
  const options = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type]);
  const below = (type: ts.Type, key: string): readonly ts.Type[] => {
    if (key === "[]") return [type.getNumberIndexType()].flatMap((item) => item ?? []);
    const property = key === "*" ? checker.getPropertiesOfType(type)[0] : type.getProperty(key);
    const child = property ? checker.getTypeOfSymbol(property) : type.getStringIndexType();
    return child ? options(child) : [];
  };
  return (setting) => {
    // If owners choose the name of a value, as in `servers.<name>`, the value has the description of its group.
    const path = setting.at(-1) === "*" ? setting.slice(0, -1) : setting;
    const parents = path.slice(0, -1).reduce((types, key) => types.flatMap((type) => below(type, key)), [root]);
    const properties = parents.flatMap((type) => type.getProperty(path.at(-1) ?? "") ?? []);
    return ts.displayPartsToString(properties[0]?.getDocumentationComment(checker));
  };
});
