import { resolve } from 'node:path';
import ts from 'typescript';

/** A file of the project with a mistake in it. The path is relative to the root of the project. */
export interface PlantedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Those that the compiler refuses. Each stands as a file of its own beside the real one, so that one run looks at all
 * of them; what a mistake breaks in other files is not seen.
 */
export function refusedByCompiler<File extends PlantedFile>(files: readonly File[]): ReadonlySet<File> {
  const planted = new Map(
    files.map((file, index) => [resolve(file.path.replace(/\.ts$/, `.planted-${String(index)}.ts`)), file]),
  );
  const options = ts.parseJsonConfigFileContent(
    ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)).config,
    ts.sys,
    process.cwd(),
  ).options;
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...planted.keys()], options, {
    ...host,
    fileExists: (path) => planted.has(path) || host.fileExists(path),
    readFile: (path) => planted.get(path)?.text ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = planted.get(path)?.text ?? host.readFile(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, version);
    },
  });
  const refused = [...planted].filter(([path]) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].length > 0;
  });
  return new Set(refused.map(([, file]) => file));
}
