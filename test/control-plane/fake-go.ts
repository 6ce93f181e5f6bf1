import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Logs each call, has four packages to compile, and creates executables that do nothing. */
const script = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
case "$1" in
list)
  echo 'go: downloading example.com/a v1.0.0' >&2
  printf 'example.com/a\\n\\nexample.com/b\\n\\nexample.com/c\\nexample.com/d\\n'
  exit ;;
esac
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && target="$argument"
  previous="$argument"
  case "$argument" in ./cmd/*)
    echo "example.com/$argument" >&2
    touch "$target/\${argument#./cmd/}"
    chmod +x "$target/\${argument#./cmd/}"
  esac
done
if [ -f "$(dirname "$0")/broken" ]; then
  echo '# example.com/a' >&2
  echo 'a.go:1:1: out of luck' >&2
  exit 1
fi
`;

/** A fake `go` and its PATH. */
export interface FakeGo {
  /** The PATH that finds it. */
  readonly path: string;
  /** The requested names of each `go build`, as one string. */
  builds(): Promise<string[]>;
  /** Makes each build fail from now on, after it has written its files. */
  breakBuilds(): Promise<void>;
}

/** Creates it in a new folder below `directory`. */
export async function installFakeGo(directory: string): Promise<FakeGo> {
  const folder = path.join(directory, 'fake-go');
  await mkdir(folder);
  await writeFile(path.join(folder, 'calls'), '');
  await writeFile(path.join(folder, 'go'), script);
  await chmod(path.join(folder, 'go'), 0o755);
  return {
    path: `${folder}:/usr/bin:/bin`,
    async builds() {
      const calls = (await readFile(path.join(folder, 'calls'), 'utf8')).split('\n');
      return calls
        .filter((call) => call.startsWith('build '))
        .map((call) => [...call.matchAll(/\.\/cmd\/(\S+)/g)].map(([, name]) => String(name)).join(' '));
    },
    async breakBuilds() {
      await writeFile(path.join(folder, 'broken'), '');
    },
  };
}
