import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const saltLength = 16;
const tagLength = 16;
/** A key is used once: what it is used with need not differ. */
const nonce = Buffer.alloc(12);

/**
 * Seals what tokens carry: values of stored entities and positions in logs, which URLs would otherwise tell to every log,
 * proxy and history that they pass. Only who has the secret can read what is sealed, or make it.
 */
export class Seal {
  /** @param secret the same in every process on one database, so that any of them opens what another one sealed */
  constructor(private readonly secret: Buffer) {}

  /** Of every text another one: 2¹²⁸ salts do not meet. */
  #key(salt: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(salt).digest();
  }

  /** @param about what the text is said about; it is opened beside the same only, and not carried */
  close(text: string, about: string): string {
    const salt = randomBytes(saltLength);
    const cipher = createCipheriv(algorithm, this.#key(salt), nonce).setAAD(Buffer.from(about));
    return Buffer.concat([salt, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** What was sealed; undefined where that was not done with this secret, or about something else. */
  open(sealed: string, about: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < saltLength + tagLength) return undefined;
    try {
      const decipher = createDecipheriv(algorithm, this.#key(bytes.subarray(0, saltLength)), nonce, {
        authTagLength: tagLength,
      });
      decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(-tagLength));
      return decipher.update(bytes.subarray(saltLength, -tagLength), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}
