// Loaded before anything else, by whatever Node there is: an old one would end with the stack of a syntax error.
const least = 24;
if (Number(process.versions.node.split('.')[0]) < least) {
  process.stderr.write(
    `This needs Node ${least} or later; ${process.execPath} is ${process.version}.\n` +
      'npm ci installs one beside the dependencies, unless npm is told to run no scripts of packages (ignore-scripts=true):\n' +
      'then run npm rebuild node --ignore-scripts=false once, or install Node itself from https://nodejs.org\n',
  );
  process.exit(78);
}
