// Verifies Sigstore bundles offline with `@sigstore/verify`: keys and bundles on stdin, one yes or no for each on stdout.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON } from '@sigstore/bundle';
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify';

const { keys, bundles, use } = JSON.parse(readFileSync(0));
const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const verifiers = Object.fromEntries(
  Object.entries(keys).map(([name, der]) => {
    const publicKey = createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' });
    const material = toTrustMaterial(nobody, () => ({ publicKey, validFor: () => true }));
    return [name, new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0, timestampThreshold: 0 })];
  }),
);
const answers = bundles.map((bundle, at) => {
  try {
    verifiers[use[at]].verify(toSignedEntity(bundleFromJSON(bundle)));
    return true;
  } catch (error) {
    // A changed bundle is refused for its signature, or because it no longer parses; anything else is a fault of ours.
    if (error.code === 'SIGNATURE_ERROR' || error.name === 'ValidationError') return false;
    throw error;
  }
});
process.stdout.write(JSON.stringify(answers));
