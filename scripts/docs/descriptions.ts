import memoize from "memoize";
import ts from "typescript";

/** The type of an environment file, as the compiler sees it. */
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

/** Reads the description of a setting, which an editor also shows: the comment at its property of the schema. */
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
    // A named value has the description of its group.
    const path = setting.at(-1) === "*" ? setting.slice(0, -1) : setting;
    const parents = path.slice(0, -1).reduce((types, key) => types.flatMap((type) => below(type, key)), [root]);
    const properties = parents.flatMap((type) => type.getProperty(path.at(-1) ?? "") ?? []);
    return ts.displayPartsToString(properties[0]?.getDocumentationComment(checker));
  };
});
