// Bundle src/main.js and src/app.js into the Python package. The first line of the bundle has the hash of the sources, by which a test
// without npm knows that the committed bundles belong to them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const room = (name, file) => join(here, "..", "src", "mixtura", name, "static", file);
const targets = { "main.js": room("report", "mixtura.js"), "app.js": room("app", "app.js") };

function sourceHash() {
  const hash = createHash("sha256");
  const sources = readdirSync(join(here, "src")).filter((name) => name.endsWith(".js")).sort();
  for (const name of [...sources.map((name) => join("src", name)), "package.json"]) {
    hash.update(readFileSync(join(here, name), "utf8").replaceAll("\r\n", "\n"));
  }
  return hash.digest("hex");
}

for (const [entry, target] of Object.entries(targets)) {
  await build({
    entryPoints: [join(here, "src", entry)],
    outfile: target,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "ascii",
    banner: { js: `// Built from frontend/ by "make bundle"; sha256 of its sources: ${sourceHash()}` },
  });
  console.log(`wrote ${target}`);
}
