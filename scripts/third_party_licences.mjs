import {readdir, readFile} from 'node:fs/promises';

/**
 * The licences of the packages that bundles have inside, which their authors ask to go along.
 *
 * @param metafiles esbuild's accounts of the bundles
 * @throws if a package has no licence text, or is under one that asks for more than that
 */
export async function thirdPartyLicences(metafiles) {
  const inputs = metafiles.flatMap(({outputs}) =>
    Object.values(outputs).flatMap(({inputs}) => Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0)),
  );
  const folders = inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  const texts = await Promise.all([...new Set(folders)].sort().map(licenceOf));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

const FREE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];

async function licenceOf(folder) {
  const {name, version, license} = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  if (!FREE.includes(license)) throw new Error(`${name} is under ${license}; bundled may be ${FREE.join(', ')}`);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence text`);
  return `${name} ${version} (${license})\n\n${await readFile(`${folder}/${file}`, 'utf8')}`;
}
