// Makes a bare Electron runtime start an application folder, as the `electron` of the npm package does:
// `electron [switches] FOLDER [the application's own arguments]`. set-up copies this to resources/app of the runtime.
const { app } = require('electron');
const Module = require('node:module');
const path = require('node:path');

const given = process.argv.slice(1).find((argument) => !argument.startsWith('-'));
if (given === undefined) {
  process.stderr.write('Name the application folder: electron FOLDER\n');
  process.exit(1);
}

const folder = path.resolve(given);
const manifest = require(path.join(folder, 'package.json'));

// What Electron itself sets for an application that is not packaged.
process.defaultApp = true;
app.setVersion(manifest.version);
app.name = manifest.productName ?? manifest.name;
app.setDesktopName(manifest.desktopName ?? `${app.name}.desktop`);
app.setAppPath(folder);

Module._load(path.join(folder, manifest.main), null, true);
