/** Short programs, by the name that the language classifier has for their language. */
export const SNIPPETS: {language: string; text: string}[] = [
  {
    language: 'py',
    text: `import sys\n\ndef read(path):\n    with open(path) as file:\n        return [line.strip() for line in file]\n\nif __name__ == '__main__':\n    for i, line in enumerate(read(sys.argv[1])):\n        print(i, line)\n`,
  },
  {
    language: 'c',
    text: `#include <stdio.h>\n#include <stdlib.h>\n\nint main(int argc, char **argv) {\n  int *p = malloc(10 * sizeof(int));\n  for (int i = 0; i < 10; i++) p[i] = i * i;\n  printf("%d\\n", p[3]);\n  free(p);\n  return 0;\n}\n`,
  },
  {
    language: 'ts',
    text: `import {readFile} from 'node:fs/promises';\n\nexport interface Options {\n  path: string;\n  limit?: number;\n}\n\nexport async function lines({path, limit = 10}: Options): Promise<string[]> {\n  const text: string = await readFile(path, 'utf8');\n  return text.split('\\n').slice(0, limit);\n}\n`,
  },
  {
    language: 'go',
    text: `package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\tfor i, arg := range os.Args {\n\t\tfmt.Println(i, arg)\n\t}\n}\n`,
  },
  {
    language: 'rs',
    text: `use std::collections::HashMap;\n\nfn main() {\n    let mut counts: HashMap<&str, u32> = HashMap::new();\n    for word in "a b a".split(' ') {\n        *counts.entry(word).or_insert(0) += 1;\n    }\n    println!("{:?}", counts);\n}\n`,
  },
  {
    language: 'sql',
    text: 'SELECT u.name, COUNT(*) AS orders\nFROM users u\nJOIN orders o ON o.user_id = u.id\nWHERE u.age > 30\nGROUP BY u.name\nHAVING COUNT(*) > 2\nORDER BY orders DESC;\n',
  },
  {
    language: 'html',
    text: '<!doctype html>\n<html>\n  <head><title>A page</title></head>\n  <body>\n    <p class="first">Hello, <a href="/there">there</a>.</p>\n    <ul><li>one</li><li>two</li></ul>\n  </body>\n</html>\n',
  },
  {
    language: 'sh',
    text: '#!/usr/bin/env bash\nset -euo pipefail\nfor file in "$@"; do\n  if [[ -f "$file" ]]; then\n    echo "$file: $(wc -l < "$file")"\n  fi\ndone\n',
  },
];
